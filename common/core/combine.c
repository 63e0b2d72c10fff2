#include "core/combine.h"

#include "core/trace.h"

#include <errno.h>

static void timeout_drop(struct future *future)
{
    struct timeout *self = container_of(future, struct timeout, future);

    future_drop(self->inner);
    future_drop(&self->sleep.future);
}

static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);

    if (future_poll(self->inner, cx) == READY) {
        future_drop(&self->sleep.future);
        self->result = 0;
        return READY;
    }
    if (future_poll(&self->sleep.future, cx) == READY) {
        future_drop(self->inner);
        self->result = -ETIMEDOUT;
        trace(FUTURE_READY, NULL, "timeout", -1, -ETIMEDOUT);
        return READY;
    }
    return PENDING;
}

struct timeout timeout(struct future *inner, int64_t duration)
{
    return (struct timeout){
        .future = {timeout_poll, timeout_drop},
        .inner = inner,
        .sleep = sleep_for(duration),
    };
}
