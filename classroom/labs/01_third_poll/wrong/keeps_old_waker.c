/* expects: a future goes on in another task */

static enum poll_result third_poll_poll(struct future *future, struct context *cx)
{
    struct third_poll *self = container_of(future, struct third_poll, future);
    static struct waker first[51]; /* by number of bell */
    static struct bell *of[51];
    int i = 0;

    while (of[i] != NULL && of[i] != self->bell)
        i++;
    if (of[i] == NULL)
        first[i] = cx->waker;
    of[i] = self->bell;
    if (++self->polls == 3)
        return ready("third_poll", 0, 0);
    bell_keeps(self->bell, first[i]);
    return pending(cx, FUTURE_ASKS, .word = "the bell");
}
