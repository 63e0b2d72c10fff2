/* Descriptors that epoll(7) is told of once: edges [LIVES [ROUNDS]], edges unread [US],
 * edges ends [LIVES]. Says on stderr whenever epoll is told something.
 *
 * LIVES streams are made and closed, one after the other, so that each has the number of
 * the one before. In each a task reads ROUNDS bytes, writes many, and then has still left
 * a waker when its descriptor is closed. unread: bytes come that nobody reads, for they
 * were waited for in vain before; meanwhile a task sleeps for US microseconds. ends: in
 * each life a task copies what comes: five bytes and the end, at once. */
#define _DEFAULT_SOURCE /* syscall; NOLINT(bugprone-reserved-identifier): libc wants it */
#include "../lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_WAITS = 20000, TO_WRITE = 1 << 16 };

static char bytes[TO_WRITE];
static int64_t rounds;
static int sink = -1; /* of `ends`, to which it is copied */

/* In the place of the C library's, to be a witness.
 * NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
    message("told of fd %d", fd);
    return (int)syscall(SYS_epoll_ctl, epoll_fd, op, fd, event);
}

static void make_stream(int ends[2])
{
    int room = 8192;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
}

/* ---- one life of a descriptor ---- */

struct life {
    struct future future;
    enum { READING, WRITING } state;
    int fd;
    int64_t left; /* to be read */
    struct operation operation;
};

static enum poll_result life_ends(struct life *self, struct context *cx)
{
    reactor_watch(self->fd, WRITABLE, cx->waker);
    forget_and_close(self->fd); /* takes it back */
    return READY;
}

static enum poll_result life_poll(struct future *future, struct context *cx)
{
    struct life *self = container_of(future, struct life, future);

    while (future_poll(&self->operation.future, cx) == READY) {
        if (self->operation.result < 0)
            fail("the stream broke: %s", strerror((int)-self->operation.result));
        if (self->state == WRITING)
            return life_ends(self, cx);
        self->operation = read_some(self->fd, bytes, 1);
        if (--self->left > 0)
            continue;
        self->operation = write_all(self->fd, bytes, sizeof bytes);
        self->state = WRITING;
    }
    return PENDING;
}

static struct waker spawn_life(int fd, long number)
{
    struct life *self = allocate(1, sizeof *self);

    message("life %ld", number);
    *self =
        (struct life){{life_poll, NULL}, READING, fd, rounds, read_some(fd, bytes, 1)};
    return spawn(&self->future, "life", number);
}

/* In `ends`. */
struct copier {
    struct future future;
    int fd;
    char buffer[64];
    struct copy_all copy;
};

static enum poll_result copier_poll(struct future *future, struct context *cx)
{
    struct copier *self = container_of(future, struct copier, future);

    if (future_poll(&self->copy.future, cx) == PENDING)
        return PENDING;
    if (self->copy.result < 0)
        fail("the copy broke: %s", strerror((int)-self->copy.result));
    forget_and_close(self->fd);
    return READY;
}

static struct waker spawn_copier(int fd, long number)
{
    struct copier *self = allocate(1, sizeof *self);

    message("life %ld", number);
    *self = (struct copier){.future = {copier_poll, NULL}, .fd = fd};
    self->copy = copy_all(fd, sink, self->buffer, sizeof self->buffer);
    return spawn(&self->future, "life", number);
}

/* ---- its peer, whom no reactor wakes ---- */

struct lives {
    struct future future;
    int64_t left;
    int64_t number; /* of this life; 0: none yet */
    int ends[2];
    int64_t sent;
    struct join_task join;
    struct sleep_for sleep;
};

static void begin_life(struct lives *self)
{
    self->number++;
    self->sent = 0;
    make_stream(self->ends);
    self->join = join_task(sink < 0 ? spawn_life(self->ends[0], (long)self->number)
                                    : spawn_copier(self->ends[0], (long)self->number));
}

/* Both before the next wait. */
static void send_all_and_end(struct lives *self)
{
    if (self->sent++ > 0)
        return;
    if (write(self->ends[1], "bytes", 5) != 5 || shutdown(self->ends[1], SHUT_WR) != 0)
        fail("cannot write to the stream: %s", strerror(errno));
}

/* Now and then something comes, or is taken. */
static void act(struct lives *self)
{
    static char taken[4096];
    ssize_t n = self->sent < rounds ? write(self->ends[1], "", 1)
                                    : read(self->ends[1], taken, sizeof taken);

    self->sent += self->sent < rounds;
    if (n < 0 && errno != EAGAIN)
        fail("the other end broke: %s", strerror(errno));
}

static enum poll_result lives_poll(struct future *future, struct context *cx)
{
    struct lives *self = container_of(future, struct lives, future);

    for (;;) {
        if (self->number == 0)
            begin_life(self);
        else if (future_poll(&self->join.future, cx) == READY) {
            close(self->ends[1]);
            if (--self->left == 0)
                return READY;
            begin_life(self);
        } else if (future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        else if (sink < 0)
            act(self);
        else
            send_all_and_end(self);
        self->sleep = sleep_for(NS_PER_MS);
    }
}

/* ---- unread ---- */

struct unread {
    struct future future;
    int ends[2];
    struct operation read;
    int64_t duration;
    struct sleep_for sleep;
    enum { FIRST, THEN } state;
};

static enum poll_result unread_poll(struct future *future, struct context *cx)
{
    struct unread *self = container_of(future, struct unread, future);

    if (self->state == FIRST) {
        if (future_poll(&self->read.future, cx) == READY)
            fail("it has read what was not there");
        future_drop(&self->read.future);
        if (write(self->ends[1], bytes, 100) != 100)
            fail("cannot write to the stream: %s", strerror(errno));
        self->sleep = sleep_for(self->duration);
        self->state = THEN;
    }
    return future_poll(&self->sleep.future, cx);
}

/* ---- main ---- */

/* What spins would do so until its CPU time is over. */
static void count_wait(const struct event *event)
{
    (void)event;
    if (trace_count[REACTOR_WAIT] > MOST_WAITS)
        fail("it spins: the reactor was asked %d times, and nobody could go on",
             MOST_WAITS);
}

static void run_unread(int argc, char **argv)
{
    struct unread self = {.future = {unread_poll, NULL}};

    self.duration = lab_number(argc, argv, 2, 30000, 1, 1000000) * 1000;
    make_stream(self.ends);
    self.read = read_some(self.ends[0], bytes, 1);
    block_on(&self.future);
    forget_and_close(self.ends[0]);
    close(self.ends[1]);
}

static void run_ends(int argc, char **argv)
{
    struct lives self = {.future = {lives_poll, NULL}};

    self.left = lab_number(argc, argv, 2, 3, 1, 1000);
    sink = open("/dev/null", O_WRONLY);
    if (sink < 0)
        fail("cannot open /dev/null: %s", strerror(errno));
    block_on(&self.future);
    close(sink);
}

static void run_lives(int argc, char **argv)
{
    struct lives self = {.future = {lives_poll, NULL}};

    self.left = lab_number(argc, argv, 1, 3, 1, 1000);
    rounds = lab_number(argc, argv, 2, 3, 1, 1000);
    block_on(&self.future);
}

int main(int argc, char **argv)
{
    lab_start("edges", &argc, argv);
    trace_listen(1U << REACTOR_WAIT, count_wait);
    if (argc > 1 && strcmp(argv[1], "unread") == 0)
        run_unread(argc, argv);
    else if (argc > 1 && strcmp(argv[1], "ends") == 0)
        run_ends(argc, argv);
    else
        run_lives(argc, argv);
    message("wakers left: %zu", reactor_watching);
    return lab_end();
}
