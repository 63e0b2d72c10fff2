/* expects: all others go on while one waits */
#include <time.h>

static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);
    struct timespec delay = {(time_t)(options.delay / NS_PER_SECOND),
                             (long)(options.delay % NS_PER_SECOND)};

    if (self->state == WRITING_START) {
        if (future_poll(&self->write.future, cx) == PENDING)
            return PENDING;
        if (self->write.result < 0)
            return READY;
        nanosleep(&delay, NULL);
        self->write = say(self, "end");
        self->state = WRITING_END;
    }
    return future_poll(&self->write.future, cx);
}
