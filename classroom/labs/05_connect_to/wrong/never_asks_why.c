/* expects: is writable, and yet connect_to is not READY */

static ssize_t connect_attempt(struct operation *self)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;

    if (!self->watched)
        return connect_start(self);
    return called("getpeername", self->fd,
                  getpeername(self->fd, (struct sockaddr *)&peer, &length)) == 0
               ? 0
               : -EAGAIN;
}
