#include "cli/blocking_io.h"

#include "base/trace.h"
#include "cli/net.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

void sleep_blocking(int64_t duration)
{
    int64_t deadline = now_ns() + duration;

    for (int64_t left = duration; left > 0; left = deadline - now_ns()) {
        struct timespec time = {(time_t)(left / NS_PER_SECOND),
                                (long)(left % NS_PER_SECOND)};
        trace(OS_START, .word = "nanosleep");
        called("nanosleep", 0, nanosleep(&time, NULL)); /* a signal ends it: the rest */
    }
}

/* At least 1 us: to SO_RCVTIMEO 0 would mean: for ever. */
static int64_t time_left(int64_t deadline)
{
    int64_t left = deadline - now_ns();

    return left > 1000 ? left : 1000;
}

/* SO_RCVTIMEO or SO_SNDTIMEO: from now on each read, or connect, gives up when what is
 * left now until the deadline has gone. */
static void set_timeout(int fd, int option, int64_t deadline)
{
    int64_t us = time_left(deadline) / 1000;
    struct timeval time = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

    /* EINVAL: in macOS, of a connection that both sides have shut down: nothing blocks */
    if (setsockopt(fd, SOL_SOCKET, option, &time, sizeof time) != 0 && errno != EINVAL)
        fail("cannot set a time-out: %s; try a shorter --timeout", strerror(errno));
}

/* Interrupted, or given up by SO_SNDTIMEO, a connect goes on by itself, and must not be
 * called again. */
static int wait_for_connection(int fd, int64_t deadline)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;
    ssize_t n;

    do
        n = called("poll", fd, poll(&writable, 1, milliseconds_up(time_left(deadline))));
    while (n == -EINTR);
    if (n <= 0)
        return n == 0 ? -EAGAIN : (int)n;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? -error : -errno;
}

int connect_by(int fd, const struct addrinfo *address, int64_t deadline)
{
    set_timeout(fd, SO_SNDTIMEO, deadline);
    ssize_t error =
        called("connect", fd, connect(fd, address->ai_addr, address->ai_addrlen));
    if (error == -EINPROGRESS || error == -EINTR)
        error = wait_for_connection(fd, deadline);
    if (error == 0 && net_is_itself(fd, address))
        return -ECONNREFUSED;
    return (int)error;
}

ssize_t read_blocking(int fd, char *buffer, size_t size)
{
    ssize_t n;

    do
        n = called("read", fd, read(fd, buffer, size));
    while (n == -EINTR);
    return n;
}

ssize_t read_by(int fd, char *buffer, size_t size, int64_t deadline)
{
    ssize_t n;

    do {
        set_timeout(fd, SO_RCVTIMEO, deadline);
        n = called("read", fd, read(fd, buffer, size));
    } while (n == -EINTR || (n == -EAGAIN && now_ns() < deadline)); /* it rounds */
    return n;
}

int write_blocking(int fd, const char *bytes, size_t length)
{
    for (size_t position = 0; position < length;) {
        ssize_t n = called("write", fd, write(fd, bytes + position, length - position));
        if (n >= 0)
            position += (size_t)n;
        else if (n != -EINTR)
            return (int)n;
    }
    return 0;
}
