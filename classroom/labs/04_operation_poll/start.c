static enum poll_result operation_poll(struct future *future, struct context *cx)
{
    struct operation *self = container_of(future, struct operation, future);

    if (cx->operations >= MOST_OPERATIONS) {
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
    }
    ssize_t result = self->waits_first ? -EAGAIN : -EINTR; /* -EINTR: (once more) try */
    self->waits_first = false;
    /* TODO: (1) a signal, (2) it would block, (3) it is READY */
    if (result == -EINTR)
        result = self->attempt(self);
    cx->operations++;
    self->result = result;
    return ready(self->name, self->fd, self->result);
}
