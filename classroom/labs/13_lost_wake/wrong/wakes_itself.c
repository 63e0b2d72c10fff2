/* expects: the server sleeps while nobody comes */

static enum poll_result server_main_poll(struct future *future, struct context *cx)
{
    struct server_main *self = container_of(future, struct server_main, future);

    for (;;) {
        switch (self->state) {
        case ACCEPTING:
            if (future_poll(&self->accept.future, cx) == PENDING) {
                wake(cx->waker); /* so that it is not lost */
                return PENDING;
            }
            if (self->accept.result >= 0) {
                spawn_response(self, (int)self->accept.result);
                self->accept = accept_one(self->listener);
                wake(cx->waker);
                return PENDING;
            }
            accept_failed((int)-self->accept.result);
            self->pause = sleep_for(ACCEPT_PAUSE);
            self->state = PAUSING;
            break;
        case PAUSING:
            if (future_poll(&self->pause.future, cx) == PENDING)
                return PENDING;
            self->accept = accept_one(self->listener);
            self->state = ACCEPTING;
            break;
        }
    }
}
