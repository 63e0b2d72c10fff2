#include "app/async_copy.h"

#include "app/copying.h"
#include "core/io.h"
#include "core/message.h"
#include "core/system.h"
#include "core/task.h"

#include <string.h>

/* After so many buffers the others have their turn. With 3, or with 8, it takes longer:
 * measured, not calculated. */
enum { BUFFERS_AT_ONCE = 6 };

/* ---- the sender ---- */

struct sender {
    struct future future;
    enum { BEGINNING, WRITING } state;
    int fd; /* ours to close; -1: closed */
    struct write_all write;
};

static void sender_drop(struct future *future)
{
    struct sender *self = container_of(future, struct sender, future);

    if (self->fd < 0)
        return;
    future_drop(&self->write.future);
    forget_and_close(self->fd);
    self->fd = -1;
}

static enum poll_result sender_ended(struct sender *self, ssize_t error)
{
    if (error < 0)
        copying_failed("sender", (int)-error);
    sender_drop(&self->future);
    return READY;
}

static enum poll_result sender_poll(struct future *future, struct context *cx)
{
    struct sender *self = container_of(future, struct sender, future);

    for (int buffers = 0; buffers < BUFFERS_AT_ONCE; buffers++) {
        if (self->state == WRITING && future_poll(&self->write.future, cx) == PENDING)
            return PENDING;
        if (self->state == WRITING && self->write.result < 0)
            return sender_ended(self, self->write.result);
        size_t length;
        const char *bytes = copying_next(&length);
        if (bytes == NULL)
            return sender_ended(self, 0);
        self->write = write_all(self->fd, bytes, length);
        self->state = WRITING;
    }
    wake(cx->waker);
    return PENDING;
}

static struct future *sender(int fd)
{
    struct sender *self = allocate(1, sizeof *self);

    self->future = (struct future){sender_poll, sender_drop};
    self->fd = fd;
    return &self->future;
}

/* ---- the copier ---- */

struct copier {
    struct future future;
    int in; /* both are ours to close; -1: closed */
    int out;
    struct copy_all copy;
};

static void copier_drop(struct future *future)
{
    struct copier *self = container_of(future, struct copier, future);

    if (self->in < 0)
        return;
    future_drop(&self->copy.future);
    forget_and_close(self->in);
    forget_and_close(self->out);
    self->in = -1;
}

static enum poll_result copier_poll(struct future *future, struct context *cx)
{
    struct copier *self = container_of(future, struct copier, future);

    if (future_poll(&self->copy.future, cx) == PENDING)
        return PENDING;
    if (self->copy.result < 0)
        copying_failed("copier", (int)-self->copy.result);
    copier_drop(future);
    return READY;
}

static struct future *copier(int in, int out, size_t size)
{
    struct copier *self = allocate(1, sizeof *self);

    self->future = (struct future){copier_poll, copier_drop};
    self->in = in;
    self->out = out;
    self->copy = copy_all(in, out, size);
    return &self->future;
}

/* ---- the receiver ---- */

struct receiver {
    struct future future;
    int fd; /* ours to close; -1: closed */
    size_t size;
    struct read_some read;
    char buffer[];
};

static void start_reading(struct receiver *self)
{
    self->read = read_some(self->fd, self->buffer, self->size);
}

static void receiver_drop(struct future *future)
{
    struct receiver *self = container_of(future, struct receiver, future);

    if (self->fd < 0)
        return;
    future_drop(&self->read.future);
    forget_and_close(self->fd);
    self->fd = -1;
}

static enum poll_result receiver_ended(struct receiver *self, ssize_t error)
{
    if (error < 0)
        copying_failed("receiver", (int)-error);
    receiver_drop(&self->future);
    return READY;
}

static enum poll_result receiver_poll(struct future *future, struct context *cx)
{
    struct receiver *self = container_of(future, struct receiver, future);

    for (int buffers = 0; buffers < BUFFERS_AT_ONCE; buffers++) {
        if (future_poll(&self->read.future, cx) == PENDING)
            return PENDING;
        if (self->read.result <= 0)
            return receiver_ended(self, self->read.result);
        copying_received(self->buffer, (size_t)self->read.result);
        start_reading(self);
    }
    wake(cx->waker);
    return PENDING;
}

static struct future *receiver(int fd, size_t size)
{
    struct receiver *self = allocate(1, sizeof *self + size);

    self->future = (struct future){receiver_poll, receiver_drop};
    self->fd = fd;
    self->size = size;
    start_reading(self);
    return &self->future;
}

/* ---- all three ---- */

static void nonblocking(int fd)
{
    int error = set_nonblocking(fd);

    if (error != 0)
        fail("cannot make a socket non-blocking: %s", strerror(-error));
}

void async_copy(const struct options *options)
{
    struct copying ends = copying_start(options);

    nonblocking(ends.sender);
    nonblocking(ends.copier_in);
    nonblocking(ends.copier_out);
    nonblocking(ends.receiver);
    task_detach(spawn(sender(ends.sender), "sender", 0));
    task_detach(
        spawn(copier(ends.copier_in, ends.copier_out, options->buffer), "copier", 0));
    struct task *task = spawn(receiver(ends.receiver, options->buffer), "receiver", 0);
    struct join_task join = join_task(task); /* its stream is the last to end */
    block_on(&join.future);
    copying_count_calls();
    copying_end();
}
