/* Stage 5: epoll(7). The kernel keeps the list: each descriptor is registered once, and a
 * wait looks only at what became ready since the last one. */
#include "core/reactor.h"

#include "app/stage.h"
#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"
#include "core/watches.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

const struct stage stage = {
    .name = "stage5",
    .how = "sleeps in epoll(7)",
    .wait = "epoll_wait(2)",
    .option = "trigger",
    .choices = {"edge", "level"},
    .help = "edge or level: report changes, or states (edge)",
};

/* More than bytes: their end, an error, or urgent bytes, at which a read stops short. */
#define EXCEPTIONAL (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)

enum { MOST_READY = 1024 };
static struct epoll_event ready[MOST_READY]; /* if more are, the next wait says so */
static int epoll_fd;
static int interrupt_fd;
static bool level_triggered;

void reactor_init(bool second_choice)
{
    level_triggered = second_choice;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_fd < 0 || interrupt_fd < 0)
        fail("cannot make an epoll and an eventfd: %s; raise ulimit -n", strerror(errno));

    /* Edge-triggered: each write to it is an edge, so nobody has to read it empty. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = interrupt_fd};
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, interrupt_fd, &event) != 0)
        fail("cannot register the eventfd with epoll: %s", strerror(errno));
}

/* Edge-triggered: once in the life of fd, for both interests. Level-triggered: for each
 * wait again, and only for what is wanted now, since epoll would report a ready
 * descriptor that nobody waits for again and again. (ONESHOT: after one report, epoll
 * stops watching.) */
static void tell_epoll(int fd, struct watch *watch)
{
    struct epoll_event event = {.data.fd = fd};

    event.events = EPOLLIN | EPOLLOUT | EXCEPTIONAL | EPOLLET;
    if (level_triggered)
        event.events = EPOLLONESHOT |
                       (watch_has(watch, READABLE) ? (uint32_t)EPOLLIN : 0) |
                       (watch_has(watch, WRITABLE) ? (uint32_t)EPOLLOUT : 0);
    int operation = watch->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    watch->registered = true;
    int result = epoll_ctl(epoll_fd, operation, fd, &event);
    trace_call("epoll_ctl", fd, result);
    if (result != 0)
        fail("cannot register descriptor %d with epoll: %s; "
             "it takes sockets and pipes, and at most fs.epoll.max_user_watches",
             fd, strerror(errno));
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    watch_put(fd, interest, waker);
    struct watch *watch = watch_of(fd);
    if (level_triggered || !watch->registered)
        tell_epoll(fd, watch);
}

void reactor_forget(int fd)
{
    watch_clear(fd); /* the close that follows takes it out of epoll */
}

static void wake_ready(int fd, uint32_t events)
{
    struct watch *watch = watch_of(fd);

    if ((events & EXCEPTIONAL) != 0)
        watch->exceptional = true;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        events = EPOLLIN | EPOLLOUT;
    if ((events & EPOLLIN) != 0)
        watch_wake(fd, READABLE);
    if ((events & EPOLLOUT) != 0)
        watch_wake(fd, WRITABLE);
    if (level_triggered && watch_has_any(watch))
        tell_epoll(fd, watch);
}

void reactor_wait(int64_t timeout)
{
    int n = epoll_wait(epoll_fd, ready, MOST_READY, milliseconds_up(timeout));
    if (n < 0) {
        if (errno != EINTR)
            fail("epoll_wait failed: %s", strerror(errno));
        return; /* a signal: the executor works out the timeout again */
    }
    for (int i = 0; i < n; i++)
        if (ready[i].data.fd != interrupt_fd)
            wake_ready(ready[i].data.fd, ready[i].events);
}

void reactor_interrupt(void)
{
    uint64_t one = 1;
    ssize_t n;

    do
        n = write(interrupt_fd, &one, sizeof one);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        fail("cannot write to the eventfd: %s", strerror(errno));
}
