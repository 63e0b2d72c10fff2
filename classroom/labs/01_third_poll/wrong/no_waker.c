/* expects: it returned PENDING without leaving a waker */

static enum poll_result third_poll_poll(struct future *future, struct context *cx)
{
    struct third_poll *self = container_of(future, struct third_poll, future);

    if (++self->polls == 3)
        return ready("third_poll", 0, 0);
    (void)cx;
    return PENDING;
}
