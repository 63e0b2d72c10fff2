#include "app/stop_signal.h"

#include "app/stop.h"
#include "core/message.h"
#include "core/system.h"

#include <string.h>

static enum poll_result stop_signal_poll(struct future *future, struct context *cx)
{
    struct stop_signal *self = container_of(future, struct stop_signal, future);

    return future_poll(&self->read.future, cx);
}

static void stop_signal_drop(struct future *future)
{
    struct stop_signal *self = container_of(future, struct stop_signal, future);

    future_drop(&self->read.future);
}

struct stop_signal stop_signal(void)
{
    static char byte;
    int fd = stop_descriptor();
    int error = set_nonblocking(fd);

    if (error != 0)
        fail("cannot make a pipe non-blocking: %s", strerror(-error));
    return (struct stop_signal){
        .future = {stop_signal_poll, stop_signal_drop},
        .read = read_some(fd, &byte, 1),
    };
}
