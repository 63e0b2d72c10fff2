#include "core/io.h"

#include "core/message.h"
#include "core/reactor.h"
#include "core/system.h"
#include "core/trace.h"
#include "core/watches.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Leaves the waker with the reactor; *waiting tells that it is there. */
static enum poll_result wait_until(enum interest interest, int fd, bool *waiting,
                                   struct context *cx)
{
    trace_pending(FUTURE_WAITS, NULL, interest_word(interest), fd, 0);
    reactor_watch(fd, interest, cx->waker);
    *waiting = true;
    return PENDING;
}

/* Takes it back, if it is still there: before each try, for something else may have woken
 * the task, and in drop. With a waker left behind, the reactor would wait for a
 * descriptor that nobody waits for. */
static void stop_waiting(enum interest interest, int fd, bool *waiting)
{
    if (*waiting)
        watch_take(fd, interest);
    *waiting = false;
}

void forget_and_close(int fd)
{
    reactor_forget(fd);
    close_descriptor(fd);
}

/* READY, with this result: the number of a descriptor, or of bytes, or -errno. */
static enum poll_result ready(const char *name, int fd, ssize_t *result, ssize_t value)
{
    *result = value;
    trace(FUTURE_READY, NULL, name, fd, value);
    return READY;
}

/* ---- accept ---- */

/* Whether accept hands O_NONBLOCK down differs from system to system: we set it. */
static ssize_t accepted(int fd)
{
    int error = set_nonblocking(fd);

    if (error == 0)
        return fd;
    close_descriptor(fd);
    return error;
}

static enum poll_result accept_one_poll(struct future *future, struct context *cx)
{
    struct accept_one *self = container_of(future, struct accept_one, future);

    stop_waiting(READABLE, self->listener, &self->waiting);
    for (;;) {
        int fd = accept(self->listener, NULL, NULL);
        trace_call("accept", self->listener, fd);
        if (fd >= 0)
            return ready("accept_one", self->listener, &self->result, accepted(fd));
        if (would_block(errno))
            return wait_until(READABLE, self->listener, &self->waiting, cx);
        if (!accept_may_go_on(errno))
            return ready("accept_one", self->listener, &self->result, -errno);
    }
}

static void accept_one_drop(struct future *future)
{
    struct accept_one *self = container_of(future, struct accept_one, future);

    stop_waiting(READABLE, self->listener, &self->waiting);
}

struct accept_one accept_one(int listener)
{
    return (struct accept_one){
        .future = {accept_one_poll, accept_one_drop},
        .listener = listener,
    };
}

/* ---- connect ---- */

/* Returns 0, -EINPROGRESS or another -errno. */
static int connect_start(struct connect_to *self)
{
    self->fd = socket(self->address->sa_family, SOCK_STREAM, 0);
    trace_call("socket", -1, self->fd);
    if (self->fd < 0)
        return -errno;
    int error = set_nonblocking(self->fd);
    if (error != 0)
        return error;
    int result = connect(self->fd, self->address, self->length);
    trace_call("connect", self->fd, result);
    if (result == 0)
        return 0;
    return errno == EINTR ? -EINPROGRESS : -errno; /* interrupted, it goes on by itself */
}

/* Asks how it went. When the socket is writable, it has succeeded or failed; but the wake
 * may be spurious, so what counts is whether there is somebody at the other end. */
static int connect_check(struct connect_to *self)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int error = 0;

    int result = getpeername(self->fd, (struct sockaddr *)&peer, &length);
    trace_call("getpeername", self->fd, result);
    if (result == 0)
        return 0;
    length = sizeof error;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return -errno;
    return error == 0 ? -EINPROGRESS : -error;
}

static void connect_to_drop(struct future *future)
{
    struct connect_to *self = container_of(future, struct connect_to, future);

    if (self->fd >= 0)
        forget_and_close(self->fd);
    self->fd = -1;
}

static enum poll_result connect_to_poll(struct future *future, struct context *cx)
{
    struct connect_to *self = container_of(future, struct connect_to, future);

    stop_waiting(WRITABLE, self->fd, &self->waiting);
    int error = self->fd < 0 ? connect_start(self) : connect_check(self);
    if (error == -EINPROGRESS)
        return wait_until(WRITABLE, self->fd, &self->waiting, cx);
    if (error < 0) {
        connect_to_drop(future);
        return ready("connect_to", -1, &self->result, error);
    }
    int fd = self->fd;
    self->fd = -1; /* it is the caller's now */
    return ready("connect_to", fd, &self->result, fd);
}

struct connect_to connect_to(const struct sockaddr *address, socklen_t length)
{
    return (struct connect_to){
        .future = {connect_to_poll, connect_to_drop},
        .address = address,
        .length = length,
        .fd = -1,
    };
}

/* ---- read ---- */

static enum poll_result read_some_poll(struct future *future, struct context *cx)
{
    struct read_some *self = container_of(future, struct read_some, future);

    stop_waiting(READABLE, self->fd, &self->waiting);
    for (;;) {
        ssize_t n = read(self->fd, self->buffer, self->size);
        trace_call("read", self->fd, n);
        if (n >= 0)
            return ready("read_some", self->fd, &self->result, n);
        if (would_block(errno))
            return wait_until(READABLE, self->fd, &self->waiting, cx);
        if (errno != EINTR)
            return ready("read_some", self->fd, &self->result, -errno);
    }
}

static void read_some_drop(struct future *future)
{
    struct read_some *self = container_of(future, struct read_some, future);

    stop_waiting(READABLE, self->fd, &self->waiting);
}

struct read_some read_some(int fd, char *buffer, size_t size)
{
    return (struct read_some){
        .future = {read_some_poll, read_some_drop},
        .fd = fd,
        .buffer = buffer,
        .size = size,
    };
}

/* ---- read exactly: made of read_some ---- */

static enum poll_result read_exact_poll(struct future *future, struct context *cx)
{
    struct read_exact *self = container_of(future, struct read_exact, future);

    while (self->position < self->size) {
        if (future_poll(&self->read.future, cx) == PENDING)
            return PENDING;
        if (self->read.result < 0)
            return ready("read_exact", self->fd, &self->result, self->read.result);
        if (self->read.result == 0)
            return ready("read_exact", self->fd, &self->result, -UNEXPECTED_END);
        self->position += (size_t)self->read.result;
        self->read = read_some(self->fd, self->buffer + self->position,
                               self->size - self->position);
    }
    return ready("read_exact", self->fd, &self->result, 0);
}

static void read_exact_drop(struct future *future)
{
    struct read_exact *self = container_of(future, struct read_exact, future);

    future_drop(&self->read.future);
}

struct read_exact read_exact(int fd, char *buffer, size_t size)
{
    return (struct read_exact){
        .future = {read_exact_poll, read_exact_drop},
        .fd = fd,
        .buffer = buffer,
        .size = size,
        .read = read_some(fd, buffer, size),
    };
}

/* ---- write ---- */

static enum poll_result write_all_poll(struct future *future, struct context *cx)
{
    struct write_all *self = container_of(future, struct write_all, future);

    stop_waiting(WRITABLE, self->fd, &self->waiting);
    while (self->position < self->length) {
        size_t left = self->length - self->position;
        ssize_t n = write(self->fd, self->bytes + self->position, left);
        trace_call("write", self->fd, n);
        if (n >= 0)
            self->position += (size_t)n;
        else if (would_block(errno))
            return wait_until(WRITABLE, self->fd, &self->waiting, cx);
        else if (errno != EINTR)
            return ready("write_all", self->fd, &self->result, -errno);
    }
    return ready("write_all", self->fd, &self->result, 0);
}

static void write_all_drop(struct future *future)
{
    struct write_all *self = container_of(future, struct write_all, future);

    stop_waiting(WRITABLE, self->fd, &self->waiting);
}

struct write_all write_all(int fd, const char *bytes, size_t length)
{
    return (struct write_all){
        .future = {write_all_poll, write_all_drop},
        .fd = fd,
        .bytes = bytes,
        .length = length,
    };
}

/* ---- copy ---- */

/* After so many reads and writes the others have their turn: a sender that is never done
 * must not keep us here for ever. (6 of each: see async_copy.c.) */
enum { STEPS_AT_ONCE = 12 };

static void give_buffer_back(struct copy_all *self)
{
    free(self->buffer);
    self->buffer = NULL;
}

/* Whether to wait without another read. A short read has emptied the stream, so the next
 * would only say EAGAIN: see epoll(7). After a large one we read again: more is likely to
 * have come while we wrote. After an end, an error or urgent bytes we have to: epoll has
 * reported them already, and will not do so again. */
static bool may_wait(const struct copy_all *self)
{
    return (size_t)self->read.result < self->size / 2 &&
           !watch_of(self->from)->exceptional;
}

/* Reads into a buffer, or waits at once if the stream is `empty`. PENDING, it gives the
 * buffer back. */
static enum poll_result copy_all_read(struct copy_all *self, bool empty,
                                      struct context *cx)
{
    if (self->buffer == NULL) /* not by allocate, which would fill it with zeros */
        self->buffer = reallocate(NULL, self->size, 1);
    self->read.buffer = self->buffer;
    enum poll_result result =
        empty ? wait_until(READABLE, self->from, &self->read.waiting, cx)
              : future_poll(&self->read.future, cx);
    if (result == PENDING)
        give_buffer_back(self);
    return result;
}

static enum poll_result copy_all_ended(struct copy_all *self, ssize_t result)
{
    give_buffer_back(self);
    return ready("copy_all", self->from, &self->result, result);
}

static enum poll_result copy_all_poll(struct future *future, struct context *cx)
{
    struct copy_all *self = container_of(future, struct copy_all, future);
    bool empty = false; /* never kept over a wait: an edge may come meanwhile */

    for (int steps = 0; steps < STEPS_AT_ONCE; steps++) {
        switch (self->state) {
        case COPY_READING:
            if (copy_all_read(self, empty, cx) == PENDING)
                return PENDING;
            if (self->read.result <= 0)
                return copy_all_ended(self, self->read.result);
            empty = may_wait(self);
            self->write = write_all(self->to, self->buffer, (size_t)self->read.result);
            self->state = COPY_WRITING;
            break;
        case COPY_WRITING:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            if (self->write.result < 0)
                return copy_all_ended(self, self->write.result);
            self->copied += (int64_t)self->write.length;
            self->read = read_some(self->from, NULL, self->size);
            self->state = COPY_READING;
            break;
        }
    }
    wake(cx->waker);
    return PENDING;
}

static void copy_all_drop(struct future *future)
{
    struct copy_all *self = container_of(future, struct copy_all, future);

    future_drop(self->state == COPY_READING ? &self->read.future : &self->write.future);
    give_buffer_back(self);
}

struct copy_all copy_all(int from, int to, size_t size)
{
    return (struct copy_all){
        .future = {copy_all_poll, copy_all_drop},
        .from = from,
        .to = to,
        .size = size,
        .read = read_some(from, NULL, size), /* the buffer comes later */
    };
}
