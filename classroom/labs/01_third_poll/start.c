/* Each PENDING is a promise: which one? */
static enum poll_result third_poll_poll(struct future *future, struct context *cx)
{
    struct third_poll *self = container_of(future, struct third_poll, future);

    (void)cx;
    self->polls++;
    return ready("third_poll", 0, 0); /* TODO: only at its third poll */
}
