/* Begins. -EAGAIN: it is not known yet how it ends, and we wait until fd is writable. */
static ssize_t connect_start(struct operation *self)
{
    const struct sockaddr *address = (struct sockaddr *)(void *)self->bytes;
    socklen_t length = (socklen_t)self->left;

    /* TODO: a descriptor that does not block comes back at once. Is that an error? */
    return called("connect", self->fd, connect(self->fd, address, length));
}

/* Returns 0 when fd is connected, -errno when that has failed, -EAGAIN when neither is
 * known yet; then it is called again after the wait, which may end early. */
static ssize_t connect_attempt(struct operation *self)
{
    /* TODO: the first time it begins; after a wait it asks how that went */
    return connect_start(self);
}
