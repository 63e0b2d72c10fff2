/* expects: an early wake proves nothing: it is not READY */

static ssize_t connect_attempt(struct operation *self)
{
    int error = 0;
    socklen_t length = sizeof error;

    if (!self->watched)
        return connect_start(self);
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return -errno;
    return -error;
}
