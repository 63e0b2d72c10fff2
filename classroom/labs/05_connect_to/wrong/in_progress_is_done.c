/* expects: it waits in the reactor while it is in progress */

static ssize_t connect_start(struct operation *self)
{
    const struct sockaddr *address = (struct sockaddr *)(void *)self->bytes;
    socklen_t length = (socklen_t)self->left;
    ssize_t result = called("connect", self->fd, connect(self->fd, address, length));

    return result == -EINPROGRESS || result == -EINTR ? 0 : result;
}
