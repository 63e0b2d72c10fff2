/* expects: nobody was given its waker, or who has it forgot it, or another one took */

static enum poll_result third_poll_poll(struct future *future, struct context *cx)
{
    struct third_poll *self = container_of(future, struct third_poll, future);

    if (++self->polls == 3)
        return ready("third_poll", 0, 0);
    if (self->polls == 1)
        bell_keeps(self->bell, cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "the bell");
}
