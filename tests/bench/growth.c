/* How does the cost of an event grow with the number of descriptors that are watched?
 * Two tasks play ping-pong with a byte, beside IDLE tasks whose bytes never come.
 * Linked with each reactor in turn; an event is a byte that has arrived.
 *
 *     growth IDLE EVENTS */
#include "core/io.h"
#include "core/message.h"
#include "core/reactor.h"
#include "core/system.h"
#include "core/task.h"
#include "core/trace.h"

#include "app/net.h"
#include "app/stage.h"

#include <errno.h>
#include <stdbool.h>
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
    return (struct counts){now_ns(), in_reactor, trace_counts[EXEC_WAKE],
                           trace_counts[EXEC_POLL]};
}

static void report(long idle, long events, struct counts from, struct counts to)
{
    double n = (double)events;

    printf("{\"stage\":\"%s\",\"idle\":%ld,\"events\":%ld,\"ns_per_event\":%.1f,"
           "\"reactor_ns_per_event\":%.1f,\"wakes_per_event\":%.3f,"
           "\"polls_per_event\":%.3f}\n",
           stage.name, idle, events, (double)(to.time - from.time) / n,
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
    long events;          /* bytes that it got */
    struct counts before; /* the end of the warm-up */
    union {
        struct read_some read;
        struct write_all write;
    };
};

static void start_reading(struct player *self)
{
    self->read = read_some(self->fd, &self->byte, 1);
    self->state = READING;
}

static void start_writing(struct player *self)
{
    self->write = write_all(self->fd, &self->byte, 1);
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
            if (future_poll(&self->read.future, cx) == PENDING)
                return PENDING;
            if (self->read.result != 1)
                fail("cannot read a byte: %s", strerror((int)-self->read.result));
            if (got_all(self))
                return READY;
            start_writing(self);
            break;
        case WRITING:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            start_reading(self);
            break;
        }
    }
}

static struct player *player(int fd)
{
    struct player *self = allocate(1, sizeof *self);

    self->future.poll = player_poll;
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
    if (set_nonblocking(fds[0]) != 0 || set_nonblocking(fds[1]) != 0)
        fail("cannot make a socket non-blocking");
}

static long argument(const char *text)
{
    long value = strtol(text, NULL, 10);

    if (value < 1 || value > 1000000)
        fail("'%s' is not a number from 1 to 1000000", text);
    return value;
}

int main(int argc, char **argv)
{
    int fds[2];

    if (argc != 3)
        fail("usage: growth IDLE EVENTS");
    long idle = argument(argv[1]);
    wanted = argument(argv[2]);
    net_take_descriptors();
    reactor_init(false);
    for (long i = 0; i < idle; i++) {
        make_pair(fds);
        task_detach(spawn(&player(fds[0])->future, "idle", i + 1));
    }
    make_pair(fds);
    struct player *ping = player(fds[0]);
    struct player *pong = player(fds[1]);
    ping->ends = true;
    start_writing(ping);
    task_detach(spawn(&pong->future, "pong", 0));
    block_on(&ping->future);

    /* Each byte that ping got has been one that pong got, too. */
    report(idle, 2 * (ping->events - WARM_UP), ping->before, counts_now());
    free(ping);
}
