/* What system calls need around them, whoever waits: threads or futures. */
#ifndef CORE_SYSTEM_H
#define CORE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)

/* The monotonic clock, in nanoseconds: it never jumps, whatever happens to the date. */
int64_t now_ns(void);

/* For poll and epoll_wait: whole milliseconds, rounded up (rounded down, the last one
 * would be spent asking again and again) and at most INT_MAX; -1, no limit, if
 * negative. */
int milliseconds_up(int64_t duration);

/* Whether this errno says: not now, I would have to wait. */
bool would_block(int error);

/* Whether accept was interrupted, or the connection that it was to return has died: then
 * try again at once. */
bool accept_may_go_on(int error);

/* Whether it may succeed later: descriptors or memory ran out, a firewall is in the way,
 * or the network is down. */
bool accept_may_succeed_later(int error);

/* What a reader gets who needs more bytes than the stream had: "unexpected end of
 * stream". No system's errno is as large. */
#define UNEXPECTED_END 1000000

/* Who waited for as long as its own --timeout says. ETIMEDOUT is the kernel's word, when
 * it gives up. */
#define GAVE_UP 1000001

/* strerror, which knows UNEXPECTED_END too. */
const char *error_text(int error);

/* Of a new descriptor, which has no other flags to keep. Returns 0 or -errno. */
int set_nonblocking(int fd);

/* Closes it, and says so to the event log: before, for the next descriptor of another
 * thread may have the same number. */
void close_descriptor(int fd);

/* Writes all of it to stdout, not mixed with what other threads print. Returns 0 or
 * -errno.
 *
 * Shortcut: it is no future. Printing may block, and then all tasks wait for the
 * terminal. Stdout belongs to our parent too, so we must not make it non-blocking; the
 * real thing has a thread that prints, and a future that waits for that thread. */
int print_all(const char *bytes, size_t length);

#endif
