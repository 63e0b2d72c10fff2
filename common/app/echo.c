#include "app/echo.h"

#include "app/response.h"
#include "app/running.h"
#include "core/io.h"
#include "core/message.h"

struct one_echo {
    struct future future;
    struct copy_all copy; /* copy.from, the connection, is ours to hang up; -1: done */
};

static void one_echo_ended(struct one_echo *self, bool whole)
{
    hang_up(self->copy.from, whole);
    self->copy.from = -1;
}

static enum poll_result one_echo_poll(struct future *future, struct context *cx)
{
    struct one_echo *self = container_of(future, struct one_echo, future);

    if (future_poll(&self->copy.future, cx) == PENDING)
        return PENDING;
    one_echo_ended(self, self->copy.result == 0);
    return READY;
}

static void one_echo_drop(struct future *future)
{
    struct one_echo *self = container_of(future, struct one_echo, future);

    if (self->copy.from < 0)
        return;
    future_drop(&self->copy.future);
    one_echo_ended(self, false);
}

struct future *one_echo(int fd)
{
    struct one_echo *self = allocate(1, sizeof *self);

    self->future = (struct future){one_echo_poll, one_echo_drop};
    self->copy = copy_all(fd, fd, ECHO_BUFFER);
    return &self->future;
}
