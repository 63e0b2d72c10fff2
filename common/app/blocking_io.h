/* System calls that block, for threads that have nothing else to do. */
#ifndef APP_BLOCKING_IO_H
#define APP_BLOCKING_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

void sleep_blocking(int64_t duration);

/* SO_RCVTIMEO or SO_SNDTIMEO: from now on each call that is such a read or write (or
 * connect) gives up after as long as it is now until the deadline. */
void set_timeout(int fd, int option, int64_t deadline);

/* In nanoseconds, but at least 1 us: to such options 0 would mean: for ever. */
int64_t time_left(int64_t deadline);

/* Blocks until bytes come, and returns how many; 0: the other side is done; or -errno;
 * -GAVE_UP only after set_timeout. */
ssize_t read_blocking(int fd, char *buffer, size_t size);

/* The same, with a deadline of its own. */
ssize_t read_by(int fd, char *buffer, size_t size, int64_t deadline);

/* Blocks until all is written. Returns 0 or -errno; -GAVE_UP only after set_timeout. */
int write_blocking(int fd, const char *bytes, size_t length);

/* Blocks until the stream ends, and everything is copied. Returns 0 or -errno. */
int copy_blocking(int from, int to, char *buffer, size_t size);

#endif
