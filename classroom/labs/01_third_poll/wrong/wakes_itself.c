/* expects: it waits for the bell, and does not wake itself */

static enum poll_result third_poll_poll(struct future *future, struct context *cx)
{
    struct third_poll *self = container_of(future, struct third_poll, future);

    if (++self->polls == 3)
        return ready("third_poll", 0, 0);
    wake(cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "the bell");
}
