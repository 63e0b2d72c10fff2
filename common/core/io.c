/* Leaf futures: each tries a system call, and when that would block it waits. */
#include "core.h"

#include <errno.h>
#include <unistd.h>

/* ---- the pattern: try; if it would block, leave the waker, and be PENDING ---- */

/* Takes the waker back: else the reactor would wait for what nobody waits for. */
static void operation_drop(struct future *future)
{
    struct operation *self = container_of(future, struct operation, future);

    if (self->watched)
        reactor_watch(self->fd, self->interest, (struct waker){0});
    self->watched = false;
}

/* In one poll; then others have their turn: who shares a thread is polite. */
enum { MOST_OPERATIONS = 128 };

static enum poll_result operation_poll(struct future *future, struct context *cx)
{
    struct operation *self = container_of(future, struct operation, future);
    ssize_t result = self->waits_first ? -EAGAIN : -EINTR; /* -EINTR: try, again */

    self->waits_first = false;
    if (cx->operations >= MOST_OPERATIONS) {
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
    }
    while (result == -EINTR)
        result = self->attempt(self);
    if (result == -EAGAIN) {
        self->watched = true; /* after a wake, too: connect_attempt relies on it */
        reactor_watch(self->fd, self->interest, cx->waker);
        return pending(cx, FUTURE_WAITS, .fd = self->fd,
                       .word = interest_word[self->interest]);
    }
    cx->operations++;
    operation_drop(future); /* takes the waker back, if something else woke us */
    self->result = result;
    return ready(self->name, self->fd, result);
}

static struct operation operation(const char *name,
                                  ssize_t (*attempt)(struct operation *self),
                                  enum interest interest, int fd, const void *bytes,
                                  size_t length)
{
    return (struct operation){.future = {operation_poll, operation_drop},
                              .name = name,
                              .attempt = attempt,
                              .interest = interest,
                              .fd = fd,
                              .bytes = (char *)bytes, /* only the reads change them */
                              .left = length,
                              .result = -EINPROGRESS};
}

/* ---- five operations: each attempt returns what the kernel said, or -errno ---- */

/* Whether accept hands O_NONBLOCK down differs from system to system: we set it. */
static ssize_t accept_attempt(struct operation *self)
{
    ssize_t fd = called("accept", self->fd, accept(self->fd, NULL, NULL));

    if (fd == -ECONNABORTED || fd == -EPROTO)
        return -EINTR; /* it died while it queued: the next one, at once */
    if (fd >= 0)
        set_nonblocking((int)fd);
    return fd;
}

struct operation accept_one(int listener)
{
    return operation("accept_one", accept_attempt, READABLE, listener, NULL, 0);
}

static ssize_t connect_start(struct operation *self)
{
    const struct sockaddr *address = (struct sockaddr *)(void *)self->bytes;
    socklen_t length = (socklen_t)self->left;
    ssize_t result = called("connect", self->fd, connect(self->fd, address, length));

    return result == -EINPROGRESS || result == -EINTR ? -EAGAIN : result;
}

/* Tried again, it asks how it went. That the socket is writable is not enough, for a wake
 * may be spurious: what counts is whether there is somebody at the other end. */
static ssize_t connect_attempt(struct operation *self)
{
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int error = 0;

    if (!self->watched)
        return connect_start(self);
    if (called("getpeername", self->fd,
               getpeername(self->fd, (struct sockaddr *)&peer, &length)) == 0)
        return 0;
    length = sizeof error;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return -errno;
    return error != 0 ? -error : -EAGAIN; /* neither: a spurious wake */
}

struct operation connect_to(int fd, const struct sockaddr *address, socklen_t length)
{
    return operation("connect_to", connect_attempt, WRITABLE, fd, address, length);
}

static ssize_t read_attempt(struct operation *self)
{
    return called("read", self->fd, read(self->fd, self->bytes, self->left));
}

struct operation read_some(int fd, char *bytes, size_t length)
{
    return operation("read_some", read_attempt, READABLE, fd, bytes, length);
}

static ssize_t read_exact_attempt(struct operation *self)
{
    while (self->left > 0) {
        ssize_t n = read_attempt(self);
        if (n <= 0)
            return n == 0 ? -ENODATA : n; /* 0: the end, too early */
        self->bytes += n;
        self->left -= (size_t)n;
    }
    return 0;
}

struct operation read_exact(int fd, char *bytes, size_t length)
{
    return operation("read_exact", read_exact_attempt, READABLE, fd, bytes, length);
}

static ssize_t write_all_attempt(struct operation *self)
{
    while (self->left > 0) {
        ssize_t n = called("write", self->fd, write(self->fd, self->bytes, self->left));
        if (n < 0)
            return n; /* -EAGAIN, too: we go on from here */
        self->bytes += n;
        self->left -= (size_t)n;
    }
    return 0;
}

struct operation write_all(int fd, const char *bytes, size_t length)
{
    return operation("write_all", write_all_attempt, WRITABLE, fd, bytes, length);
}

void forget_and_close(int fd)
{
    reactor_forget(fd);
    trace(OS_CALL, .word = "close", .fd = fd); /* before: the next may get its number */
    close(fd);
}
