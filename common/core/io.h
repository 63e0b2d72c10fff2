/* Leaf futures, and some that are made of them. A leaf tries its system call, and when
 * that would block it leaves its waker with the reactor and is PENDING. Woken, it tries
 * again; so a spurious wake does no harm.
 *
 * Descriptors must be non-blocking. `result` is valid once the future is READY, and
 * follows the kernel: zero or more on success, -errno on failure. EINTR is retried
 * everywhere.
 *
 * Shortcut: read_exact and write_all go on as long as they need not wait, and nobody else
 * runs meanwhile. Whoever moves many megabytes takes copy_all, which is polite. */
#ifndef CORE_IO_H
#define CORE_IO_H

#include "core/future.h"

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* result: a new non-blocking connection, the caller's to close. Connections that died
 * while they queued are passed over. After -EMFILE and the like
 * (accept_may_succeed_later) wait before you try again. (TcpAccept) */
struct accept_one {
    struct future future;
    int listener;
    bool waiting; /* our waker is with the reactor */
    ssize_t result;
};
struct accept_one accept_one(int listener);

/* result: a non-blocking connection to `address` (which must outlive the future), the
 * caller's to close. Dropped before, it closes the socket. (tcp_connect) */
struct connect_to {
    struct future future;
    const struct sockaddr *address;
    socklen_t length;
    int fd; /* -1: not started, or given away */
    bool waiting;
    ssize_t result;
};
struct connect_to connect_to(const struct sockaddr *address, socklen_t length);

/* result: how many bytes came, at least 1 and at most `size`; 0: the other side is done.
 * Dropped before, no byte is lost. (poll_read, SocketRead) */
struct read_some {
    struct future future;
    int fd;
    bool waiting;
    char *buffer;
    size_t size;
    ssize_t result;
};
struct read_some read_some(int fd, char *buffer, size_t size);

/* result: 0 when all `size` bytes have come; -UNEXPECTED_END (see system.h) when the
 * stream ends before. Dropped half-way, the bytes that came are in `buffer`, and lost to
 * the next reader. (read_exact) */
struct read_exact {
    struct future future;
    int fd;
    char *buffer;
    size_t size;
    size_t position;
    struct read_some read;
    ssize_t result;
};
struct read_exact read_exact(int fd, char *buffer, size_t size);

/* result: 0 when all `length` bytes are written. `position` counts those that are, and
 * outlives each wait: else the other side would get the beginning again. (write_all) */
struct write_all {
    struct future future;
    int fd;
    bool waiting;
    const char *bytes;
    size_t length;
    size_t position;
    ssize_t result;
};
struct write_all write_all(int fd, const char *bytes, size_t length);

/* From one TCP connection or pipe to another, at most `size` bytes at once, until the
 * end of the stream. It reads only when all that it has read is written: so a slow
 * receiver slows the sender down, which is called back-pressure. result: 0 at the end,
 * and `copied` bytes were written. While it waits for bytes it holds no buffer: thousands
 * of idle streams take little memory. (copy) */
struct copy_all {
    struct future future;
    enum { COPY_READING, COPY_WRITING } state;
    int from;
    int to;
    char *buffer; /* from malloc; NULL: there is nothing in it */
    size_t size;
    int64_t copied;
    union { /* one state, one wait */
        struct read_some read;
        struct write_all write;
    };
    ssize_t result;
};
struct copy_all copy_all(int from, int to, size_t size);

/* Tells the reactor to forget fd, and closes it. */
void forget_and_close(int fd);

#endif
