/* How does the cost of an event grow with the number of descriptors that are watched?
 * Two tasks play ping-pong with a byte, beside IDLE tasks whose bytes never come.
 * Linked with each reactor in turn; an event is a byte that has arrived.
 *
 *     growth IDLE EVENTS */
#include "tool.h"

#include "core/core.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARM_UP = 20, AT_LEAST = 20 }; /* events */
#define AT_MOST (NS_PER_SECOND / 4)   /* of time, however few events that is */

static long wanted; /* events */

/* ---- time in reactor_wait, and system calls: the linker sends all of them here ---- */

static int64_t in_reactor;
static uint64_t system_calls;

#define COUNTED(type, name, parameters, arguments)                                       \
    type __real_##name parameters;                                                       \
    type __wrap_##name parameters;                                                       \
    type __wrap_##name parameters                                                        \
    {                                                                                    \
        system_calls++;                                                                  \
        return __real_##name arguments;                                                  \
    }

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker wants these names. */
COUNTED(ssize_t, read, (int fd, void *bytes, size_t n), (fd, bytes, n))
COUNTED(ssize_t, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
COUNTED(int, poll, (struct pollfd * list, nfds_t n, int timeout), (list, n, timeout))
COUNTED(int, select, (int n, fd_set *in, fd_set *out, fd_set *e, struct timeval *timeout),
        (n, in, out, e, timeout))
COUNTED(int, epoll_ctl, (int epoll, int what, int fd, struct epoll_event *event),
        (epoll, what, fd, event))
COUNTED(int, epoll_wait, (int epoll, struct epoll_event *list, int n, int timeout),
        (epoll, list, n, timeout))

/* For io_uring, with the six arguments that there may be. */
COUNTED(long, syscall, (long number, long a, long b, long c, long d, long e, long f),
        (number, a, b, c, d, e, f))

void __real_reactor_wait(int64_t timeout);
void __wrap_reactor_wait(int64_t timeout);

void __wrap_reactor_wait(int64_t timeout)
{
    int64_t start = now_ns();

    __real_reactor_wait(timeout);
    in_reactor += now_ns() - start;
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* ---- what is counted, between two points of time ---- */

struct counts {
    int64_t time;
    int64_t in_reactor;
    uint64_t wakes;
    uint64_t polls;
    uint64_t system_calls;
};

static struct counts counts_now(void)
{
    return (struct counts){now_ns(), in_reactor, trace_count[EXEC_WAKE],
                           trace_count[EXEC_POLL], system_calls};
}

static void report(long idle, long events, struct counts from, struct counts to)
{
    double n = (double)events;

    printf("{\"how\":\"%s\",\"idle\":%ld,\"events\":%ld,\"ns_per_event\":%.1f,"
           "\"reactor_ns_per_event\":%.1f,\"wakes_per_event\":%.3f,"
           "\"polls_per_event\":%.3f,\"system_calls_per_event\":%.3f}\n",
           reactor_how, idle, events, (double)(to.time - from.time) / n,
           (double)(to.in_reactor - from.in_reactor) / n,
           (double)(to.wakes - from.wakes) / n, (double)(to.polls - from.polls) / n,
           (double)(to.system_calls - from.system_calls) / n);
}

/* ---- the tasks ---- */

struct player {
    struct future future;
    enum { READING, WRITING } state;
    int fd;
    bool ends;
    char byte;
    long events;                /* bytes that it got */
    struct counts before;       /* the end of the warm-up */
    struct operation operation; /* one state, one wait */
};

static void start_reading(struct player *self)
{
    self->operation = read_some(self->fd, &self->byte, 1);
    self->state = READING;
}

static void start_writing(struct player *self)
{
    self->operation = write_all(self->fd, &self->byte, 1);
    self->state = WRITING;
}

/* Only the one that began ends: the other has to send it the last byte. */
static bool got_all(struct player *self)
{
    long events = ++self->events - WARM_UP;

    if (events == 0)
        self->before = counts_now();
    return self->ends && (events == wanted ||
                          (events >= AT_LEAST && now_ns() - self->before.time > AT_MOST));
}

static enum poll_result player_poll(struct future *future, struct context *cx)
{
    struct player *self = container_of(future, struct player, future);

    for (;;) {
        switch (self->state) {
        case READING:
            if (future_poll(&self->operation.future, cx) == PENDING)
                return PENDING;
            if (self->operation.result != 1)
                fail("cannot read a byte: %s", strerror((int)-self->operation.result));
            if (got_all(self))
                return READY;
            start_writing(self);
            break;
        case WRITING:
            if (future_poll(&self->operation.future, cx) == PENDING)
                return PENDING;
            if (self->operation.result != 0)
                fail("cannot write a byte: %s", strerror((int)-self->operation.result));
            start_reading(self);
            break;
        }
    }
}

static void player_drop(struct future *future)
{
    future_drop(&container_of(future, struct player, future)->operation.future);
}

static struct player *player(int fd)
{
    struct player *self = allocate(1, sizeof *self);

    self->future = (struct future){player_poll, player_drop};
    self->fd = fd;
    start_reading(self);
    return self;
}

/* ---- the run ---- */

/* What is watched gets the low numbers, for select has only 1,024. */
static void make_pair(int fds[2], int above)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n, or take fewer",
             strerror(errno));
    fds[0] = ends[0];
    fds[1] = above == 0 ? ends[1] : fcntl(ends[1], F_DUPFD, above);
    if (fds[1] < 0)
        fail("cannot have more descriptors: %s; raise ulimit -n, or take fewer",
             strerror(errno));
    if (above != 0)
        close(ends[1]);
    set_nonblocking(fds[0]);
    set_nonblocking(fds[1]);
}

int main(int argc, char **argv)
{
    int fds[2];

    program_name = "growth";
    if (argc != 3)
        usage("IDLE EVENTS");
    long idle = number(argv[1], 1, 1000000);
    wanted = number(argv[2], 1, 1000000);
    raise_descriptor_limit();
    reactor_init();
    for (long i = 0; i < idle; i++) {
        make_pair(fds, (int)idle + 20);
        spawn(&player(fds[0])->future, "idle", i + 1);
    }
    make_pair(fds, 0);
    struct player *ping = player(fds[0]);
    struct player *pong = player(fds[1]);
    ping->ends = true;
    start_writing(ping);
    spawn(&pong->future, "pong", 0);
    block_on(&ping->future);

    /* Each byte that ping got has been one that pong got, too. */
    report(idle, 2 * (ping->events - WARM_UP), ping->before, counts_now());
    free(ping);
}
