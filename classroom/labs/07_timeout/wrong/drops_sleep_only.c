/* expects: to cancel it is to drop inner */

static void timeout_drop(struct future *future)
{
    future_drop(&container_of(future, struct timeout, future)->sleep.future);
}

static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);
    bool is_over = future_poll(&self->sleep.future, cx) == READY;
    bool is_done = future_poll(self->inner, cx) == READY;

    if (!is_over && !is_done)
        return PENDING;
    timeout_drop(future);
    future_drop(self->inner);
    self->result = is_done ? 0 : -ETIMEDOUT;
    return ready("timeout", 0, self->result);
}
