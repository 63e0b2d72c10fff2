/* expects: blocked: a poll of response */
#include <poll.h>

static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);

    for (;;) {
        switch (self->state) {
        case WRITING_START:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            if (self->write.result < 0)
                return READY;
            self->sleep = sleep_for(options.delay); /* write is done: reuse its memory */
            self->state = SLEEPING;
            break;
        case SLEEPING:
            if (future_poll(&self->sleep.future, cx) == PENDING)
                return PENDING;
            self->write = say(self, "end");
            self->state = WRITING_END;
            break;
        case WRITING_END:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            shutdown(self->fd, SHUT_WR);
            /* The client hangs up, too; or after so many ms we do not wait for it. */
            called("poll", self->fd, poll(&(struct pollfd){self->fd, POLLIN, 0}, 1, 300));
            return READY;
        }
    }
}
