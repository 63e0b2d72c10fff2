/* expects: timed out, it has dropped inner */

static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);
    bool is_over = future_poll(&self->sleep.future, cx) == READY;
    bool is_done = future_poll(self->inner, cx) == READY;

    if (!is_over && !is_done)
        return PENDING;
    future_drop(&self->sleep.future);
    self->result = is_done ? 0 : -ETIMEDOUT;
    return ready("timeout", 0, self->result);
}
