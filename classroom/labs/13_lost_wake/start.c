/* expects: server: has not said what it waits for; nobody has its waker, so it will */

static enum poll_result server_main_poll(struct future *future, struct context *cx)
{
    struct server_main *self = container_of(future, struct server_main, future);

    for (;;) {
        switch (self->state) {
        case ACCEPTING:
            if (future_poll(&self->accept.future, cx) == PENDING)
                return PENDING;
            if (self->accept.result >= 0) {
                spawn_response(self, (int)self->accept.result);
                self->accept = accept_one(self->listener);
                return PENDING; /* until the next one comes */
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
