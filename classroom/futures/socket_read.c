/* Where a wake comes from: a future leaves a callback with whoever waits for its socket.
 * (SocketRead, set_readable_callback, IoBlocker) */
#include "core/core.h"
#include "lesson.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Shortcut: one socket. The reactors of the stages have a table: who waits for what. */
static struct io_blocker {
    struct pollfd object; /* and the signals that interest us */
    int id;
    void (*callback)(void);
} io_blocker = {.object = {.fd = -1}}; /* nothing: poll(2) leaves it out */

static void set_readable_callback(int fd, int id, void (*callback)(void))
{
    io_blocker.object = (struct pollfd){.fd = fd, .events = POLLIN};
    io_blocker.id = id;
    io_blocker.callback = callback;
}

static void io_blocker_block(void)
{
    say("io_blocker: nobody is woken: I sleep in poll(2)");
    if (poll(&io_blocker.object, 1, -1) < 0)
        fail("cannot wait in poll(2): %s; run it again", strerror(errno));
    say("io_blocker: socket %d is now readable: I call back", io_blocker.id);
    assert(io_blocker.callback != NULL); /* else we would sleep in poll(2) for ever */
    io_blocker.callback();
}

/* A SimpleFuture: it is given a callback where ours are given a waker. */
struct socket_read {
    int fd;
    char data[32];
    ssize_t length;
};

/* `wake_up` is to be called when it is worth while to poll again. */
static enum poll_result socket_read_poll(struct socket_read *self, void (*wake_up)(void))
{
    self->length = read(self->fd, self->data, sizeof self->data);
    if (self->length < 0 && errno == EAGAIN) {
        say("future:     read(2) would block: I leave a callback, and am PENDING");
        set_readable_callback(self->fd, 1, wake_up);
        return PENDING;
    }
    if (self->length < 0)
        fail("cannot read from the socket: %s; run it again", strerror(errno));
    return READY;
}

static bool woken;

static void wake_the_loop(void)
{
    say("callback:   somebody is woken");
    woken = true;
}

static int ends[2]; /* the reader's and the sender's */
static int64_t a_while;

/* A thread of its own, for main sleeps in poll(2). */
static void *send_later(void *argument)
{
    sleep_blocking(a_while);
    say("sender:     hello");
    if (write(ends[1], "hello", 5) != 5)
        fail("cannot send: %s; run it again", strerror(errno));
    return argument;
}

int main(int argc, char **argv)
{
    lesson_without_tasks("socket_read", "[SECONDS]", &argc, argv);
    a_while = lesson_seconds(argc, argv, 0.5);
    lesson_pair(ends);
    pthread_t sender = start_thread(send_later, NULL);

    struct socket_read future = {.fd = ends[0]};
    say("loop:       I poll the future");
    while (socket_read_poll(&future, wake_the_loop) == PENDING) {
        woken = false;
        while (!woken)
            io_blocker_block();
        say("loop:       I poll the future again");
    }
    say("loop:       it is READY, and has read: %.*s", (int)future.length, future.data);

    pthread_join(sender, NULL);
    return 0;
}
