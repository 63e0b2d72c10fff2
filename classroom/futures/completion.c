/* A read that the kernel completes: until it answers, the buffer is the kernel's. So to
 * drop the future is to cancel, and to wait for the answer. (tokio-uring, completion) */
#include "../reactors/ring.h"
#include "core/core.h"
#include "lesson.h"

#include <string.h>
#include <unistd.h>

enum { OF_READ, OF_CANCEL, LENGTH = 8 }; /* names of requests; of a read */

struct completed_read {
    struct future future;
    enum { NEW, WITH_KERNEL, ANSWERED } state;
    int fd;      /* it blocks: else the answer would be EAGAIN, at once */
    char *bytes; /* the caller's, but when it is with the kernel */
    int result;  /* as of read_some */
};

static void take_answers(struct completed_read *self)
{
    int result;

    for (int name; ring_take(&name, &result);)
        if (name == OF_READ) {
            self->result = result;
            self->state = ANSWERED;
        }
}

static enum poll_result completed_read_poll(struct future *future, struct context *cx)
{
    struct completed_read *self = container_of(future, struct completed_read, future);

    if (self->state == NEW) {
        ring_read(self->fd, self->bytes, LENGTH, OF_READ);
        ring_enter(0);
        self->state = WITH_KERNEL;
    }
    take_answers(self);
    if (self->state == ANSWERED)
        return ready("completed_read", self->fd, self->result);
    reactor_watch(ring_fd, READABLE, cx->waker); /* which it is when there is an answer */
    return pending(cx, FUTURE_WAITS, .fd = ring_fd, .word = "readable");
}

/* The cancel is answered, too; what gives the buffer back is the answer to the read. */
static void completed_read_drop(struct future *future)
{
    struct completed_read *self = container_of(future, struct completed_read, future);

    reactor_watch(ring_fd, READABLE, (struct waker){0});
    if (self->state == WITH_KERNEL)
        ring_cancel(OF_READ, OF_CANCEL);
    for (; self->state == WITH_KERNEL; take_answers(self))
        ring_enter(-1);
}

/* Has it dropped after that time, and uses its buffer for something else. */
static void drop_half_way(int64_t patience, bool bytes_come_first)
{
    int ends[2];
    char buffer[] = "........";
    struct completed_read read = {.future = {completed_read_poll, completed_read_drop},
                                  .bytes = buffer};
    struct timeout limit = timeout(&read.future, patience);

    part(bytes_come_first ? "bytes before the drop" : "bytes after the drop");
    lesson_connection(ends, 0);
    read.fd = ends[1];
    if (bytes_come_first) { /* after the last poll, and before the drop */
        future_poll(&read.future, &(struct context){.waker = {0}});
        write_blocking(ends[0], "FROM YOU", LENGTH);
        future_drop(&read.future);
    } else
        block_on(&limit.future);
    say("dropped; the answer to the read: %s",
        read.result < 0 ? strerror(-read.result) : buffer);
    memcpy(buffer, "my words", LENGTH);
    say("the buffer is used again: %s", buffer);
    if (!bytes_come_first)
        write_blocking(ends[0], "FROM YOU", LENGTH);
    ring_enter(patience / 4); /* it would be now that the kernel writes */
    say("the other side has sent, and it holds: %s", buffer);
    if (memcmp(buffer, "my words", LENGTH) != 0)
        fail("the kernel wrote into a buffer that was not its own; look at the drop");
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    lesson_start("completion", "[SECONDS]", &argc, argv);
    int64_t patience = lesson_seconds(argc, argv, 0.2);
    ring_init();
    drop_half_way(patience, false);
    drop_half_way(patience, true);
    return 0;
}
