#include "lesson.h"

#include "view/doctor.h"
#include "view/replay.h"
#include "view/words.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t start;

/* The file of --replay=FILE, which must come first, is taken out; NULL: there is none. */
static const char *take_replay(int *argc, char **argv)
{
    static const char option[] = "--replay=";
    size_t length = sizeof option - 1;

    if (*argc < 2 || strncmp(argv[1], option, length) != 0)
        return NULL;
    const char *file = argv[1] + length;
    if (*file == '\0') {
        message("--replay accepts the name of an HTML file, not ''");
        exit(2);
    }
    memmove(argv + 1, argv + 2, (size_t)(*argc - 1) * sizeof *argv); /* and the NULL */
    --*argc;
    return file;
}

void lesson_start(const char *name, int *argc, char **argv)
{
    static const struct tables tables = {tasks_visit, timers_visit, reactor_visit,
                                         reactor_interrupt};

    program_name = name;
    signal(SIGPIPE, SIG_IGN);
    reactor_init();
    struct views views = {.name = name,
                          .path = argv[0],
                          .how = reactor_how,
                          .tables = &tables,
                          .replay_file = take_replay(argc, argv)};
    doctor_start(&views);
    atexit(doctor_warns);
    words_start(reactor_how);
    if (views.replay_file != NULL)
        replay_start(&views);
    start = now_ns();
}

static void print_line(const char *time, const char *format, va_list arguments)
{
    char text[1000];
    char line[sizeof text + 40];

    vsnprintf(text, sizeof text, format, arguments);
    snprintf(line, sizeof line, "%s%s\n", time, text);
    int error = print_all(STDOUT_FILENO, line, strlen(line));
    if (error != 0)
        fail("cannot write to stdout: %s", strerror(-error));
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

void sleep_blocking(int64_t duration)
{
    int64_t deadline = now_ns() + duration;

    for (int64_t left = duration; left > 0; left = deadline - now_ns()) {
        struct timespec time = {(time_t)(left / NS_PER_SECOND),
                                (long)(left % NS_PER_SECOND)};
        called("nanosleep", 0, nanosleep(&time, NULL)); /* a signal ends it */
    }
}

void lesson_pair(int ends[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    for (int end = 0; end < 2; end++)
        set_nonblocking(ends[end]);
}

/* The first one that fails ends the program; others, which may fail for that, wait. */
ssize_t checked(ssize_t result)
{
    static pthread_mutex_t failing = PTHREAD_MUTEX_INITIALIZER;

    if (result >= 0)
        return result;
    pthread_mutex_lock(&failing);
    fail("%s failed: %s; look at its system calls with strace -f", acting.kind,
         strerror((int)-result));
}

ssize_t read_blocking(int fd, char *bytes, size_t length)
{
    ssize_t n;

    do
        n = called("read", fd, read(fd, bytes, length));
    while (n == -EINTR);
    return checked(n);
}

void write_blocking(int fd, const char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = called("write", fd, write(fd, bytes + done, length - done));
        done += n == -EINTR ? 0 : (size_t)checked(n);
    }
}

static void set_option(int fd, int level, int option, int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) != 0)
        fail("cannot set an option of a socket to %d: %s; try another number", value,
             strerror(errno));
}

static int new_socket(int room)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        fail("cannot make a socket: %s; raise ulimit -n", strerror(errno));
    /* Else the end of a piece would wait until its beginning has been acknowledged. */
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (room > 0) {
        set_option(fd, SOL_SOCKET, SO_SNDBUF, room);
        set_option(fd, SOL_SOCKET, SO_RCVBUF, room);
    }
    return fd;
}

void lesson_connection(int ends[2], int room)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *any = (struct sockaddr *)&address;
    socklen_t length = sizeof address;
    int listener = new_socket(room); /* whose options are those of ends[1] */

    ends[0] = new_socket(room);
    if (bind(listener, any, length) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, any, &length) != 0 || connect(ends[0], any, length) != 0)
        fail("cannot connect two sockets: %s; is there a 127.0.0.1?", strerror(errno));
    ends[1] = accept(listener, NULL, NULL);
    if (ends[1] < 0)
        fail("cannot accept: %s; raise ulimit -n", strerror(errno));
    close(listener);
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

int64_t lesson_number(const char *text, int64_t least, int64_t most)
{
    static const char units[] = "KMG";
    char *end;
    int64_t number = strtoll(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    int64_t factor = unit != NULL ? INT64_C(1) << (10 * (unit - units + 1)) : 1;

    if (end == text || *(end + (unit != NULL)) != '\0' || number > most / factor ||
        number * factor < least) {
        message("the argument is a number from %jd to %jd, such as 100 or 64K, not '%s'",
                (intmax_t)least, (intmax_t)most, text);
        exit(2);
    }
    return number * factor;
}
