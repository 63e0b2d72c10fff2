#include "core/system.h"

#include "core/message.h"
#include "core/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

int64_t now_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        fail("cannot read the monotonic clock: %s", strerror(errno));
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

int milliseconds_up(int64_t duration)
{
    if (duration < 0)
        return -1;
    int64_t ms = duration / NS_PER_MS + (duration % NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK; /* POSIX: one number, or two */
}

bool accept_may_go_on(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO;
}

bool accept_may_succeed_later(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EPERM || error == ENETDOWN || error == ENETUNREACH ||
           error == EHOSTUNREACH;
}

const char *error_text(int error)
{
    return error == UNEXPECTED_END ? "unexpected end of stream" : strerror(error);
}

int set_nonblocking(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

void close_descriptor(int fd)
{
    trace_call("close", fd, 0);
    close(fd);
}

/* For a stdout that somebody else made non-blocking. */
static void wait_for_stdout(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};

    poll(&out, 1, -1);
}

static int print_rest(const char *bytes, size_t length)
{
    while (length > 0) {
        trace_start("write", STDOUT_FILENO);
        ssize_t n = write(STDOUT_FILENO, bytes, length);
        trace_call("write", STDOUT_FILENO, n);
        if (n >= 0) {
            bytes += n;
            length -= (size_t)n;
        } else if (would_block(errno))
            wait_for_stdout();
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

int print_all(const char *bytes, size_t length)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&one_at_a_time);
    int error = print_rest(bytes, length);
    pthread_mutex_unlock(&one_at_a_time);
    return error;
}
