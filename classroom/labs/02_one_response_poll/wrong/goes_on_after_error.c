/* expects: a client that is gone is not waited for */

static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);

    for (;;) {
        switch (self->state) {
        case WRITING_START:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            self->sleep = sleep_for(options.delay);
            self->state = SLEEPING;
            break;
        case SLEEPING:
            if (future_poll(&self->sleep.future, cx) == PENDING)
                return PENDING;
            self->write = say(self, "end");
            self->state = WRITING_END;
            break;
        case WRITING_END:
            return future_poll(&self->write.future, cx);
        }
    }
}
