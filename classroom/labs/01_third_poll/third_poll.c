/* A future of one's own. */
#include "third_poll.h"

/* Each PENDING is a promise that the waker of this poll was left somewhere: here at the
 * bell. That of an earlier poll may be another task's, which is gone. */
static enum poll_result third_poll_poll(struct future *future, struct context *cx)
{
    struct third_poll *self = container_of(future, struct third_poll, future);

    if (++self->polls == 3)
        return ready("third_poll", 0, 0);
    bell_keeps(self->bell, cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "the bell");
}

struct third_poll third_poll(struct bell *bell)
{
    return (struct third_poll){{third_poll_poll, NULL}, bell, 0};
}
