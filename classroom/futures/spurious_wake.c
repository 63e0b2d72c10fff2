/* Readable, and yet EAGAIN: a wake is a hint, not a promise. Two tasks wait for one
 * socket; both are woken, and one is too late. (spurious wake-up) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int64_t second;
static int ends[2]; /* the readers', and the sender's */

/* Sends a byte at the half of the time, and another at its end. */
static void *sender_main(void *unused)
{
    for (int i = 0; i < 2; i++) {
        sleep_blocking(second / 2);
        say("sender: sends %c", "ab"[i]);
        write_blocking(ends[1], &"ab"[i], 1);
    }
    return unused;
}

/* Shortcut: not read_some, so that it can be seen, and done wrong. */
struct reader {
    struct future future;
    int number;
    int fd;        /* of its own, of the same socket: ours to close */
    bool believes; /* the mistake: whoever is woken has something to read */
    bool is_woken;
};

static enum poll_result reader_poll(struct future *future, struct context *cx)
{
    struct reader *self = container_of(future, struct reader, future);
    char byte = 0;
    ssize_t n = -EAGAIN;

    if (self->is_woken || !self->believes)
        n = called("read", self->fd, read(self->fd, &byte, 1));
    if (checked(n == -EAGAIN ? 0 : n) == 1) {
        say("reader %d: got %c", self->number, byte);
        return READY;
    }
    say("reader %d: %sI wait until it is readable", self->number,
        self->is_woken ? "woken, and yet EAGAIN: " : "");
    self->is_woken = true;
    reactor_watch(self->fd, READABLE, cx->waker);
    return pending(cx, FUTURE_WAITS, .fd = self->fd, .word = "readable");
}

static void reader_drop(struct future *future)
{
    forget_and_close(container_of(future, struct reader, future)->fd);
}

static struct future *reader(int number, int fd, bool believes)
{
    struct reader *self = allocate(1, sizeof *self);

    *self = (struct reader){{reader_poll, reader_drop}, number, dup(fd), believes, false};
    checked(self->fd < 0 ? -errno : 0);
    return &self->future;
}

/* The third child only sleeps. */
static void show(const struct event *event)
{
    if (event->actor.number == 3)
        say("sleeper: three quarters of the time have gone");
}

static void run(const char *title, bool believes)
{
    struct sleep_for *sleep = allocate(1, sizeof *sleep);

    part(title);
    *sleep = sleep_for(second * 3 / 4);
    checked(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? -errno : 0);
    if (!believes)
        set_nonblocking(ends[0]);
    pthread_t sender = start_thread(sender_main, NULL);
    struct future *all[] = {reader(1, ends[0], believes), reader(2, ends[0], believes),
                            &sleep->future};
    struct join_all join = join_all(all, 3);
    block_on(&join.future);
    pthread_join(sender, NULL);
}

int main(int argc, char **argv)
{
    lesson_start("spurious_wake", "[SECONDS]", &argc, argv);
    second = lesson_seconds(argc, argv, 1.0);
    trace_listen(1U << EXEC_DONE, show);
    run("who tries again: a wake in vain does no harm", false);
    run("who believes it, and reads from a socket that blocks", true);
    return 0;
}
