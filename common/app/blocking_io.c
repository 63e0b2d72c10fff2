#include "app/blocking_io.h"

#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

void sleep_blocking(int64_t duration)
{
    int64_t deadline = now_ns() + duration;

    for (int64_t left = duration; left > 0; left = deadline - now_ns()) {
        struct timespec time = {left / NS_PER_SECOND, left % NS_PER_SECOND};
        trace_start("nanosleep", -1);
        int result = nanosleep(&time, NULL); /* a signal ends it: then what is left */
        trace_call("nanosleep", -1, result);
    }
}

int64_t time_left(int64_t deadline)
{
    int64_t left = deadline - now_ns();

    return left > 1000 ? left : 1000;
}

void set_timeout(int fd, int option, int64_t deadline)
{
    int64_t us = time_left(deadline) / 1000;
    struct timeval time = {us / 1000000, (suseconds_t)(us % 1000000)};

    /* EINVAL: in macOS, of a connection that both sides have shut down: nothing blocks */
    if (setsockopt(fd, SOL_SOCKET, option, &time, sizeof time) != 0 && errno != EINVAL)
        fail("cannot set a time-out: %s; try a shorter --timeout", strerror(errno));
}

/* -errno of a read or write that failed. */
static int failed(void)
{
    return would_block(errno) ? -GAVE_UP : -errno; /* as SO_RCVTIMEO says it */
}

static ssize_t read_once(int fd, char *buffer, size_t size)
{
    trace_start("read", fd);
    ssize_t n = read(fd, buffer, size);
    trace_call("read", fd, n);
    return n < 0 ? failed() : n;
}

ssize_t read_blocking(int fd, char *buffer, size_t size)
{
    ssize_t n;

    do
        n = read_once(fd, buffer, size);
    while (n == -EINTR);
    return n;
}

ssize_t read_by(int fd, char *buffer, size_t size, int64_t deadline)
{
    ssize_t n;

    do {
        set_timeout(fd, SO_RCVTIMEO, deadline);
        n = read_once(fd, buffer, size);
    } while (n == -EINTR);
    return n;
}

int write_blocking(int fd, const char *bytes, size_t length)
{
    for (size_t position = 0; position < length;) {
        trace_start("write", fd);
        ssize_t n = write(fd, bytes + position, length - position);
        trace_call("write", fd, n);
        if (n >= 0)
            position += (size_t)n;
        else if (errno != EINTR)
            return failed();
    }
    return 0;
}

int copy_blocking(int from, int to, char *buffer, size_t size)
{
    for (;;) {
        ssize_t n = read_blocking(from, buffer, size);
        if (n <= 0)
            return (int)n;
        int error = write_blocking(to, buffer, (size_t)n);
        if (error != 0)
            return error;
    }
}
