#include "lesson.h"

#include "arguments.h"
#include "view/habits.h"
#include "view/fold.h"
#include "view/room.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t start;

static bool explains;

static struct views views_of(const char *name, const char *operands, int *argc,
                             char **argv)
{
    static const struct tables tables = {tasks_visit, timers_visit, reactor_visit,
                                         reactor_interrupt};
    struct views views = {
        .name = name, .path = argv[0], .how = reactor_how, .tables = &tables};

    program_name = name;
    arguments_take(&views, operands, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    return views;
}

static void end_views(void)
{
    habits_warn_of_busy_tasks();
    habits_warn_of_long_polls(0);
    if (!views_end())
        _Exit(EXIT_FAILURE);
}

void lesson_start(const char *name, const char *operands, int *argc, char **argv)
{
    struct views views = views_of(name, operands, argc, argv);

    reactor_init();
    views_start(&views);
    atexit(end_views);
    explains = views.explain != 0 || views.step;
    start = now_ns();
}

void lesson_without_tasks(const char *name, const char *operands, int *argc, char **argv)
{
    struct views views = views_of(name, operands, argc, argv);

    if (views.explain != 0 || views.step || views.replay_file != NULL) {
        message("this lesson has no event log to show, for it has no task of the core: "
                "what it is about, it builds itself; try join, or select");
        exit(2);
    }
    start = now_ns();
}

/* Not print_all, which would be in the event log. */
static void print_bytes(const char *bytes, size_t left)
{
    while (left > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, left);
        if (n < 0 && errno == EAGAIN)
            poll(&(struct pollfd){STDOUT_FILENO, POLLOUT, 0}, 1, -1);
        else if (n < 0 && errno != EINTR)
            fail("cannot write to stdout: %s", strerror(errno));
        bytes += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
}

static void print_line(const char *time, const char *format, va_list arguments)
{
    char text[1000];
    char line[sizeof text + 40];

    vsnprintf(text, sizeof text, format, arguments);
    snprintf(line, sizeof line, "%s%s\n", time, text);
    output_lock();
    if (explains)
        fold_release(); /* else its poll would come after it */
    for (const char *c = line; *c != '\0'; c++)
        room_takes(*c == '\n');
    print_bytes(line, strlen(line));
    output_unlock();
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

struct thread {
    void *(*body)(void *);
    void *argument;
    long number;
};

static void *thread_main(void *argument)
{
    struct thread self = *(struct thread *)argument;

    free(argument);
    acting = (struct actor){"thread", self.number};
    trace(OS_THREAD, .actor = acting);
    void *result = self.body(self.argument);
    trace(OS_EXIT, .actor = acting);
    return result;
}

pthread_t start_thread(void *(*body)(void *), void *argument)
{
    static long number;
    pthread_t thread;
    struct thread *new = allocate(1, sizeof *new);

    *new = (struct thread){body, argument, ++number};
    int error = pthread_create(&thread, NULL, thread_main, new);
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

int lesson_listener(struct sockaddr_in *address, int room)
{
    socklen_t length = sizeof *address;
    struct sockaddr *any = (struct sockaddr *)address;
    int listener = new_socket(room);

    *address = (struct sockaddr_in){.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, any, length) != 0 || listen(listener, 16) != 0 ||
        getsockname(listener, any, &length) != 0)
        fail("cannot listen: %s; is there a 127.0.0.1?", strerror(errno));
    return listener;
}

int lesson_client(const struct sockaddr_in *address, int room)
{
    int fd = new_socket(room);

    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0)
        fail("cannot connect: %s; is there a 127.0.0.1?", strerror(errno));
    return fd;
}

void lesson_connection(int ends[2], int room)
{
    struct sockaddr_in address;
    int listener = lesson_listener(&address, room); /* ends[1] has its options */

    ends[0] = lesson_client(&address, room);
    ends[1] = accept(listener, NULL, NULL);
    if (ends[1] < 0)
        fail("cannot accept: %s; raise ulimit -n", strerror(errno));
    close(listener);
}
