/* expects: wrong from byte: */

static ssize_t write_all_attempt(struct operation *self)
{
    for (size_t done = 0; done < self->left;) {
        ssize_t n = called("write", self->fd,
                           write(self->fd, self->bytes + done, self->left - done));
        if (n < 0)
            return n;
        done += (size_t)n;
    }
    return 0;
}
