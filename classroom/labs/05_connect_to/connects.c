/* One task that connects COUNT times, one after the other, and each time says eight
 * bytes: connects [COUNT [SEED [refused | silent]]].
 *
 *     refused   nobody listens
 *     silent    somebody listens, but does not answer: we connect once, and COUNT times
 *               something else wakes the task, as may always be; then we give up
 *
 * Else who judges it listens; if nobody does, we do. */
#include "../lab.h"
#include "../pattern.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_WAITING = 300, /* fewer fill the queue of a listener */
    MOST_POLLS = 1000
};

struct connects_main {
    struct future future;
    struct operation operation;
    struct sleep_for sleep; /* what else wakes us */
    enum { CONNECTING, SAYING } state;
    bool is_silent;
    int fd;
    int polls;
    int64_t count;
    int64_t done; /* connections; or, when nobody answers, early wakes */
    uint32_t seed;
    char bytes[8];
};

static struct sockaddr_in there; /* to whom we connect */
static struct sockaddr *const address = (struct sockaddr *)&there;

static int tcp_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        fail("cannot make a socket: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(fd);
    return fd;
}

/* ---- the task ---- */

static void connect_next(struct connects_main *self)
{
    self->fd = tcp_socket();
    self->operation = connect_to(self->fd, address, sizeof there);
    self->state = CONNECTING;
}

static void say_bytes(struct connects_main *self)
{
    for (size_t i = 0; i < sizeof self->bytes; i++)
        self->bytes[i] =
            pattern_byte(self->seed, sizeof self->bytes * (size_t)self->done + i);
    self->operation = write_all(self->fd, self->bytes, sizeof self->bytes);
    self->state = SAYING;
}

static enum poll_result wait_for_silent(struct connects_main *self, struct context *cx)
{
    future_drop(&self->sleep.future);
    if (self->done++ == self->count) {
        message("woken early %" PRId64 " times, it still waits", self->count);
        future_drop(&self->operation.future);
        return READY;
    }
    self->sleep = sleep_for(2 * NS_PER_MS);
    return future_poll(&self->sleep.future, cx);
}

static enum poll_result connects_main_poll(struct future *future, struct context *cx)
{
    struct connects_main *self = container_of(future, struct connects_main, future);

    if (++self->polls > MOST_POLLS)
        fail("polled %d times: fd %d is writable, and yet connect_to is not READY",
             MOST_POLLS, self->fd);
    for (;;) {
        if (future_poll(&self->operation.future, cx) == PENDING)
            return self->is_silent ? wait_for_silent(self, cx) : PENDING;
        if (self->state == CONNECTING) {
            message("connect_to: %zd", self->operation.result);
            if (self->operation.result == 0 && !self->is_silent) {
                say_bytes(self);
                continue;
            }
        }
        forget_and_close(self->fd);
        if (++self->done >= self->count || self->is_silent)
            return READY;
        connect_next(self);
    }
}

/* ---- to whom we connect ---- */

/* A backlog of 0: nobody listens there. Returns the socket. */
static int take_port(int backlog)
{
    int fd = tcp_socket();

    there = (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, address, sizeof there) != 0 || (backlog > 0 && listen(fd, backlog) != 0))
        fail("cannot take a port of 127.0.0.1: %s; is the loopback interface up?",
             strerror(errno));
    return fd;
}

static void find_address(int fd)
{
    socklen_t length = sizeof there;

    if (getsockname(fd, address, &length) != 0)
        fail("cannot find out where descriptor %d listens: %s", fd, strerror(errno));
}

/* Connects until the queue is full: to whom comes then the kernel does not answer. */
static void fill_queue(void)
{
    struct pollfd row = {.events = POLLOUT};

    for (int i = 0; i < MOST_WAITING; i++) {
        row.fd = tcp_socket();
        if (connect(row.fd, address, sizeof there) != 0 && poll(&row, 1, 50) == 0)
            return;
    }
    fail("the queue of a listener is not full with %d that wait; try a listener with a "
         "smaller backlog",
         MOST_WAITING);
}

int main(int argc, char **argv)
{
    lab_start("connects", &argc, argv);
    struct connects_main self = {.future = {connects_main_poll, NULL},
                                 .count = lab_number(argc, argv, 1, 3, 1, 100),
                                 .seed =
                                     (uint32_t)lab_number(argc, argv, 2, 0, 0, 1 << 30)};
    const char *how = argc > 3 ? argv[3] : "";
    bool is_refused = strcmp(how, "refused") == 0;
    int peer = lab_peer();

    self.is_silent = strcmp(how, "silent") == 0;
    if (how[0] != '\0' && !is_refused && !self.is_silent) {
        message("argument 3 is refused or silent, not '%s'", how);
        exit(2);
    }
    if (peer < 0)
        peer = take_port(is_refused ? 0 : self.is_silent ? 1 : 100);
    find_address(peer);
    if (self.is_silent)
        fill_queue();
    connect_next(&self);
    block_on(&self.future);
    return lab_end();
}
