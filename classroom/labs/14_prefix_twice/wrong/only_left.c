/* expects: wrong from byte: */

static enum poll_result copy_all_poll(struct future *future, struct context *cx)
{
    struct copy_all *self = container_of(future, struct copy_all, future);
    bool is_empty = false; /* a read in this poll has got less than it asked for */

    for (;;) {
        if (self->state == COPY_WRITING)
            self->operation = write_all(self->to, self->buffer, (size_t)self->result);
        if (future_poll(&self->operation.future, cx) == PENDING) {
            if (self->state == COPY_WRITING)
                self->result = (ssize_t)self->operation.left; /* what is left */
            return PENDING;
        }
        ssize_t n = self->operation.result;
        if (n < 0 || (n == 0 && self->state == COPY_READING)) {
            self->result = n;
            return ready("copy_all", self->from, n);
        }
        if (self->state == COPY_READING) {
            is_empty = (size_t)n < self->size;
            self->result = n; /* so many are to be written */
            self->state = COPY_WRITING;
        } else {
            self->operation = read_some(self->from, self->buffer, self->size);
            self->operation.waits_first = is_empty;
            self->state = COPY_READING;
        }
    }
}
