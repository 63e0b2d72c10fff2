/* TODO: it is right in every state, and whatever the two have left behind goes. */
static void timeout_drop(struct future *future)
{
    (void)future;
}

/* TODO: there is no limit yet. When both have happened, inner wins. */
static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);

    if (future_poll(self->inner, cx) == PENDING)
        return PENDING;
    self->result = 0; /* in time; too late: -ETIMEDOUT */
    return ready("timeout", 0, self->result);
}
