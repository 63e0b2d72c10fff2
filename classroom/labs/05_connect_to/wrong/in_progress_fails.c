/* expects: what is in progress has not failed: it is READY with 0 when it is connected */

static ssize_t connect_start(struct operation *self)
{
    const struct sockaddr *address = (struct sockaddr *)(void *)self->bytes;
    socklen_t length = (socklen_t)self->left;

    return called("connect", self->fd, connect(self->fd, address, length));
}
