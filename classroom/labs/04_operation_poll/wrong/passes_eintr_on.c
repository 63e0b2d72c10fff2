/* expects: it is tried again after a signal */

static enum poll_result operation_poll(struct future *future, struct context *cx)
{
    struct operation *self = container_of(future, struct operation, future);
    ssize_t result = self->waits_first ? -EAGAIN : -EINTR;

    self->waits_first = false;
    if (cx->operations >= MOST_OPERATIONS) {
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
    }
    if (result == -EINTR)
        result = self->attempt(self);
    if (result == -EAGAIN) {
        self->watched = true;
        reactor_watch(self->fd, self->interest, cx->waker);
        return pending(cx, FUTURE_WAITS, .fd = self->fd,
                       .word = interest_word[self->interest]);
    }
    operation_drop(future);
    cx->operations++;
    self->result = result;
    return ready(self->name, self->fd, result);
}
