/* expects: when it is READY, the reactor has no waker of it */

static enum poll_result operation_poll(struct future *future, struct context *cx)
{
    struct operation *self = container_of(future, struct operation, future);
    ssize_t result = self->waits_first ? -EAGAIN : -EINTR;

    self->waits_first = false;
    if (cx->operations >= MOST_OPERATIONS) {
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
    }
    while (result == -EINTR)
        result = self->attempt(self);
    if (result == -EAGAIN) {
        self->watched = true;
        reactor_watch(self->fd, self->interest, cx->waker);
        return pending(cx, FUTURE_WAITS, .fd = self->fd,
                       .word = interest_word[self->interest]);
    }
    self->watched = false;
    cx->operations++;
    self->result = result;
    return ready(self->name, self->fd, result);
}
