/* expects: the program ends well */
/* no points */

static ssize_t write_all_attempt(struct operation *self)
{
    volatile char *past = self->bytes + self->left;

    *past = '\0'; /* one byte past the end */
    self->bytes = NULL;
    return *(volatile char *)self->bytes;
}
