/* expects: nobody has its waker, so it will never run again */

static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);

    switch (self->state) {
    case WRITING_START:
        if (future_poll(&self->write.future, cx) == PENDING)
            return PENDING;
        if (self->write.result < 0)
            return READY;
        self->sleep = sleep_for(options.delay);
        self->state = SLEEPING;
        return PENDING;
    case SLEEPING:
        if (future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        self->write = say(self, "end");
        self->state = WRITING_END;
        return PENDING;
    default:
        return future_poll(&self->write.future, cx);
    }
}
