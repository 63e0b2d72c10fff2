/* expects: an error ends it, and is its result */

static ssize_t write_all_attempt(struct operation *self)
{
    while (self->left > 0) {
        ssize_t n = called("write", self->fd, write(self->fd, self->bytes, self->left));
        if (n == -EAGAIN)
            return n;
        if (n < 0)
            return 0;
        self->bytes += n;
        self->left -= (size_t)n;
    }
    return 0;
}
