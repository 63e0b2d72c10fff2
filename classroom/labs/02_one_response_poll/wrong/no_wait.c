/* expects: between the two lines it sleeps */

static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);

    if (self->state == WRITING_START) {
        if (future_poll(&self->write.future, cx) == PENDING)
            return PENDING;
        if (self->write.result < 0)
            return READY;
        self->write = say(self, "end");
        self->state = WRITING_END;
    }
    return future_poll(&self->write.future, cx);
}
