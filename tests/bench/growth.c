/* How does the cost of an event grow with the number of descriptors that are watched?
 * Two tasks play ping-pong with a byte, beside IDLE tasks whose bytes never come.
 * Linked with each reactor in turn; an event is a byte that has arrived.
 *
 *     growth IDLE EVENTS */
#include "tool.h"

#include "core/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { WARM_UP = 20, AT_LEAST = 20 }; /* events */
#define AT_MOST (NS_PER_SECOND / 4)   /* of time, however few events that is */

static long wanted; /* events */

/* ---- the time in reactor_wait: the linker makes all calls of it come here ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker wants these names. */
void __real_reactor_wait(int64_t timeout);
void __wrap_reactor_wait(int64_t timeout);
/* NOLINTEND(bugprone-reserved-identifier) */
static int64_t in_reactor;

void __wrap_reactor_wait(int64_t timeout)
{
    int64_t start = now_ns();

    __real_reactor_wait(timeout);
    in_reactor += now_ns() - start;
}

/* ---- what is counted, between two points of time ---- */

struct counts {
    int64_t time;
    int64_t in_reactor;
    uint64_t wakes;
    uint64_t polls;
};

static struct counts counts_now(void)
{
    return (struct counts){now_ns(), in_reactor, trace_count[EXEC_WAKE],
                           trace_count[EXEC_POLL]};
}

static void report(long idle, long events, struct counts from, struct counts to)
{
    double n = (double)events;

    printf("{\"how\":\"%s\",\"idle\":%ld,\"events\":%ld,\"ns_per_event\":%.1f,"
           "\"reactor_ns_per_event\":%.1f,\"wakes_per_event\":%.3f,"
           "\"polls_per_event\":%.3f}\n",
           reactor_how, idle, events, (double)(to.time - from.time) / n,
           (double)(to.in_reactor - from.in_reactor) / n,
           (double)(to.wakes - from.wakes) / n, (double)(to.polls - from.polls) / n);
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

static void make_pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n, or take fewer",
             strerror(errno));
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
        make_pair(fds);
        spawn(&player(fds[0])->future, "idle", i + 1);
    }
    make_pair(fds);
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
