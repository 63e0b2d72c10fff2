#include "base/base.h"

#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const char *program_name = "program";
bool stderr_failed;

/* ---- the clock ---- */

static atomic_llong left_out;

int64_t now_ns(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        fail("cannot read the monotonic clock: %s", strerror(errno));
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec -
           atomic_load_explicit(&left_out, memory_order_relaxed);
}

void clock_leave_out(int64_t duration)
{
    atomic_fetch_add(&left_out, duration);
}

int milliseconds_up(int64_t duration)
{
    if (duration < 0)
        return -1;
    int64_t ms = duration / NS_PER_MS + (duration % NS_PER_MS != 0);
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

/* ---- messages ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int locks; /* that this thread has taken, and not given back */

void output_lock(void)
{
    if (locks++ == 0)
        pthread_mutex_lock(&lock);
}

void output_unlock(void)
{
    if (--locks == 0)
        pthread_mutex_unlock(&lock);
}

static ssize_t write_some(int fd, const char *bytes, size_t length)
{
    if (fd != STDERR_FILENO)
        return called("write", fd, write(fd, bytes, length));
    ssize_t n = write(fd, bytes, length); /* no event: listeners print here */
    return n < 0 ? -errno : n;
}

int print_all(int fd, const char *bytes, size_t length)
{
    struct pollfd place = {.fd = fd, .events = POLLOUT};
    ssize_t n = 0;

    output_lock();
    while (length > 0 && (n >= 0 || n == -EINTR || n == -EAGAIN)) {
        if (n == -EAGAIN) /* somebody else has made it non-blocking */
            poll(&place, 1, -1);
        n = write_some(fd, bytes, length);
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    if (length > 0 && fd == STDERR_FILENO)
        stderr_failed = true;
    output_unlock();
    return length > 0 ? (int)n : 0;
}

static void print_line(const char *format, va_list arguments)
{
    char text[1000];
    char line[4 * sizeof text];
    int start = snprintf(text, sizeof text, "%.200s: ", program_name);
    size_t length = 0;

    vsnprintf(text + start, sizeof text - (size_t)start, format, arguments);
    for (const char *c = text; *c != '\0'; c++) {
        const char *shown = (unsigned char)*c < ' ' || *c == 127 ? "\\x%02x" : "%c";
        length += (size_t)snprintf(line + length, 5, shown, *c);
    }
    line[length++] = '\n';
    print_all(STDERR_FILENO, line, length);
}

void message(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
}

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

/* ---- memory and descriptors ---- */

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL)
        fail("out of memory for %zu more objects of %zu bytes; "
             "ask for less at once, or raise ulimit -v",
             count, size);
    return memory;
}

void *reallocate(void *old, size_t count, size_t size)
{
    void *memory = count > SIZE_MAX / size ? NULL : realloc(old, count * size);

    if (memory == NULL)
        fail("out of memory for %zu objects of %zu bytes; "
             "ask for less at once, or raise ulimit -v",
             count, size);
    return memory;
}

void set_nonblocking(int fd)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        fail("cannot make descriptor %d non-blocking: %s", fd, strerror(errno));
}
