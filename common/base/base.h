/* What all five programs stand on: a clock, messages, and memory that is never NULL. */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)

/* The clock of the run, in nanoseconds. It is monotonic: it never jumps, whatever happens
 * to the date. */
int64_t now_ns(void);

/* Takes so many nanoseconds, that have just gone, out of the run: for a person who stops
 * it to look. */
void clock_leave_out(int64_t duration);

/* For poll and epoll_wait: whole milliseconds, rounded up (rounded down, the last one
 * would be spent asking again and again) and at most INT_MAX; -1, no limit, if
 * negative. */
int milliseconds_up(int64_t duration);

extern const char *program_name; /* set once, first thing in main */

/* Tells a person, on stderr: one line, "program: text", in which control characters are
 * escapes. fail then ends the program with exit status 1. From any thread. */
void message(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One thread at a time prints, or tells the event log. Who has it may take it again. */
void output_lock(void);
void output_unlock(void);

/* Writes all of it, and waits while fd is full; not mixed with what other threads print.
 * Returns 0 or -errno.
 *
 * Shortcut: it is no future. Printing may block, and then all tasks wait for the
 * terminal. Stdout belongs to our parent too, so we must not make it non-blocking; the
 * real thing has a thread that prints, and a future that waits for that thread. */
int print_all(int fd, const char *bytes, size_t length);

extern bool stderr_failed; /* a write to it has: the program will exit with 1 */

/* calloc and realloc that never return NULL. Memory policy: when there is none left we
 * say so and end; a future that cannot be stored cannot be waited for either. */
void *allocate(size_t count, size_t size);
void *reallocate(void *old, size_t count, size_t size);

void set_nonblocking(int fd); /* which has no other flags to keep */

#endif
