/* expects: it waits only after a write that would block */

static ssize_t write_all_attempt(struct operation *self)
{
    ssize_t n = called("write", self->fd, write(self->fd, self->bytes, self->left));

    if (n < 0)
        return n;
    self->bytes += n;
    self->left -= (size_t)n;
    return self->left > 0 ? -EAGAIN : 0;
}
