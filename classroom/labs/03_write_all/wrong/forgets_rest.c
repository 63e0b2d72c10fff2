/* expects: its peer gets all that is due, and nothing else */

static ssize_t write_all_attempt(struct operation *self)
{
    ssize_t n = called("write", self->fd, write(self->fd, self->bytes, self->left));

    return n < 0 ? n : 0;
}
