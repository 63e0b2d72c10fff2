/* expects: without an answer in time its result is -ETIMEDOUT */

static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);
    bool is_done = future_poll(self->inner, cx) == READY;

    if (!is_done && now_ns() < self->sleep.deadline)
        return PENDING;
    timeout_drop(future);
    self->result = is_done ? 0 : -ETIMEDOUT;
    return ready("timeout", 0, self->result);
}
