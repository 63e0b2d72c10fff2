/* expects: an answer that is there counts, even if the time is over */

static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);

    if (future_poll(&self->sleep.future, cx) == READY)
        self->result = -ETIMEDOUT;
    else if (future_poll(self->inner, cx) == PENDING)
        return PENDING;
    timeout_drop(future);
    return ready("timeout", 0, self->result);
}
