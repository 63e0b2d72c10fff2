#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>

_Thread_local struct actor acting;
_Thread_local struct call *under_way;
uint64_t trace_count[EVENT_KINDS];
uint32_t trace_wanted;

/* output_lock must be held when using these, once there are several threads: */
enum { LISTENERS = 16 };
static struct {
    void (*listener)(const struct event *event);
    uint32_t kinds;
} listeners[LISTENERS];
static int64_t start;

void trace_listen(uint32_t kinds, void (*listener)(const struct event *event))
{
    int i = 0;

    while (listeners[i].listener != NULL && listeners[i].listener != listener)
        if (++i == LISTENERS)
            fail("more than %d listen to the event log; raise LISTENERS", LISTENERS);
    listeners[i].listener = listener;
    listeners[i].kinds = kinds;
    trace_wanted |= kinds;
    if (start == 0)
        start = now_ns();
}

void trace_end(void)
{
    output_lock();
    for (int i = 0; i < LISTENERS; i++)
        listeners[i].kinds = 0;
    output_unlock();
}

/* One event at a time. A listener may end the program, and so the log. */
void trace_tell(struct event event)
{
    int saved_errno = errno;

    if (event.actor.kind == NULL)
        event.actor = acting;
    output_lock();
    event.time = now_ns() - start;
    for (int i = 0; i < LISTENERS; i++)
        if ((listeners[i].kinds & 1U << event.kind) != 0)
            listeners[i].listener(&event);
    output_unlock();
    errno = saved_errno;
}

void call_starts(const char *name, int fd, const char *where)
{
    if (under_way != NULL) {
        under_way->fd = fd;
        under_way->name = name;
    }
    if ((trace_wanted & 1U << OS_START) != 0 && fd > 0 &&
        (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
        trace_tell((struct event){OS_START, fd, name, .where = where});
}

ssize_t call_ended(const char *name, int fd, ssize_t result, const char *where)
{
    if (result < 0) /* POSIX: one number, or two */
        result = errno == EWOULDBLOCK ? -EAGAIN : -errno;
    if (under_way != NULL)
        under_way->name = NULL;
    if ((trace_wanted & 1U << OS_CALL) != 0)
        trace_tell((struct event){OS_CALL, fd, name, result, .where = where});
    return result;
}
