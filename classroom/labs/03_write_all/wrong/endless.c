/* expects: the poll of main does not return */
/* no points */

static ssize_t write_all_attempt(struct operation *self)
{
    for (volatile size_t left = self->left; left > 0;)
        left = self->left;
    return 0;
}
