/* A short write: the kernel takes as much as there is room for, and says how much. What
 * becomes of the rest? (write_all) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH = 100000 }; /* more than a pipe has room for */
static const char text[LENGTH];

struct sender {
    struct future future;
    enum way { BELIEVES, BEGINS_AGAIN, GOES_ON } way;
    int fd;      /* ours to close */
    size_t done; /* so many bytes of the text: outlives each wait */
    int polls;
};

static enum poll_result sender_poll(struct future *future, struct context *cx)
{
    struct sender *self = container_of(future, struct sender, future);

    if (self->way == BEGINS_AGAIN) /* the mistake: as if `done` were a local variable */
        self->done = 0;
    if (++self->polls > 3)
        say("sender: so it goes on for ever; I give up");
    while (self->done < LENGTH && self->polls <= 3) {
        size_t left = LENGTH - self->done;
        ssize_t n = called("write", self->fd, write(self->fd, text + self->done, left));
        if (n == -EAGAIN) {
            say("sender: write of %zu: EAGAIN, it is full; I wait", left);
            reactor_watch(self->fd, WRITABLE, cx->waker);
            return pending(cx, FUTURE_WAITS, .fd = self->fd, .word = "writable");
        }
        say("sender: write of %zu: %zd%s", left, checked(n),
            (size_t)n < left ? ", a short write" : "");
        /* The mistake of who believes: that all is written. */
        self->done += self->way == BELIEVES ? left : (size_t)n;
    }
    return READY;
}

/* It is dropped once, by the executor. So the receiver learns that this is the end. */
static void sender_drop(struct future *future)
{
    forget_and_close(container_of(future, struct sender, future)->fd);
}

struct receiver {
    struct future future; /* shortcut: no drop; main polls it to its end */
    struct operation read;
    size_t came;
    char bytes[4 * LENGTH];
};

static enum poll_result receiver_poll(struct future *future, struct context *cx)
{
    struct receiver *self = container_of(future, struct receiver, future);

    while (future_poll(&self->read.future, cx) == READY) {
        if (checked(self->read.result) == 0)
            return READY;
        say("receiver: %zd bytes come", self->read.result);
        self->came += (size_t)self->read.result;
        self->read = read_some(self->read.fd, self->bytes + self->came, LENGTH);
    }
    return PENDING;
}

static void run(const char *title, enum way way)
{
    static struct receiver receiver = {.future = {receiver_poll, NULL}};
    struct sender *sender = allocate(1, sizeof *sender);
    int ends[2];

    part(title);
    if (pipe(ends) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
    *sender = (struct sender){{sender_poll, sender_drop}, way, ends[1], .done = 0};
    receiver.read = read_some(ends[0], receiver.bytes, LENGTH);
    receiver.came = 0;
    spawn(&sender->future, "sender", 0);
    block_on(&receiver.future);
    say("%zu bytes came, and were %d", receiver.came, LENGTH);
    forget_and_close(ends[0]);
}

int main(int argc, char **argv)
{
    lesson_start("partial_write", "", &argc, argv);
    run("who believes that all is written", BELIEVES);
    run("who begins again", BEGINS_AGAIN);
    run("who goes on where the kernel stopped: write_all", GOES_ON);
    return 0;
}
