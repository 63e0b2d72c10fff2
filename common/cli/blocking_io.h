/* System calls that block, for threads that have nothing else to do. A deadline is that
 * of a client. Past it, each call still looks once: what it waits for may have come while
 * the process was stopped. */
#ifndef BLOCKING_IO_H
#define BLOCKING_IO_H

#include <netdb.h>
#include <stdint.h>
#include <sys/types.h>

void sleep_blocking(int64_t duration);

/* Returns 0 or -errno; -EAGAIN: there is no connection by the deadline. */
int connect_by(int fd, const struct addrinfo *address, int64_t deadline);

/* Blocks until bytes come, and returns how many; 0: the other side is done; or -errno. */
ssize_t read_blocking(int fd, char *buffer, size_t size);

/* The same; -EAGAIN: none have come by the deadline. */
ssize_t read_by(int fd, char *buffer, size_t size, int64_t deadline);

/* Blocks until all is written. Returns 0 or -errno. */
int write_blocking(int fd, const char *bytes, size_t length);

#endif
