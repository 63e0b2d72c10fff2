/* Write the start line, wait, write the end line; then READY. An error of a write: READY,
 * too, at once. */
static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);

    return future_poll(&self->write.future, cx); /* TODO: that is the first line only */
}
