#include "lesson.h"

#include "core/message.h"
#include "core/reactor.h"
#include "core/system.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int64_t start;

void lesson_start(const char *name)
{
    program_name = name;
    signal(SIGPIPE, SIG_IGN);
    reactor_init(false);
    start = now_ns();
}

static void print_line(const char *time, const char *format, va_list arguments)
{
    flockfile(stdout);
    printf("%s", time);
    vprintf(format, arguments);
    printf("\n");
    if (fflush(stdout) != 0)
        fail("cannot write to stdout: %s", strerror(errno));
    funlockfile(stdout);
}

void part(const char *title)
{
    say_untimed("%s", title);
    start = now_ns();
}

void say(const char *format, ...)
{
    char time[32];
    va_list arguments;

    snprintf(time, sizeof time, "%5.2f s  ",
             (double)(now_ns() - start) / (double)NS_PER_SECOND);
    va_start(arguments, format);
    print_line(time, format, arguments);
    va_end(arguments);
}

void say_untimed(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line("", format, arguments);
    va_end(arguments);
}

pthread_t start_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, body, argument);

    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
    return thread;
}

void lesson_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    for (int end = 0; end < 2; end++)
        if (set_nonblocking(ends[end]) != 0)
            fail("cannot make a socket non-blocking: %s", strerror(errno));
}

int64_t lesson_seconds(int argc, char **argv, double usual)
{
    char *end = "";
    double seconds = argc < 2 ? usual : strtod(argv[1], &end);

    if (*end != '\0' || (argc > 1 && end == argv[1]) ||
        !(seconds >= 0.01 && seconds <= 1000)) {
        message("the argument is seconds from 0.01 to 1000, such as 0.2, not '%s'",
                argv[1]);
        exit(2);
    }
    return (int64_t)(seconds * (double)NS_PER_SECOND);
}
