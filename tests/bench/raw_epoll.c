/* The yardstick for stage 5: does what `stage5 -n CLIENTS -d SECONDS` does, by the same
 * system calls, on bare epoll: no futures, no tasks, no wakers, and one queue for a
 * timer. What stage 5 takes more is what these cost.
 *
 *     raw_epoll CLIENTS DELAY_SECONDS */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)

/* All delays are the same, so responses end in the order in which they began: those from
 * `answered` to `accepted` wait, the earliest deadline first. */
struct response {
    int fd;
    int64_t deadline;
};
static struct response *responses;
static long accepted;
static long answered;

struct client {
    int fd;
    bool connected;
    char lines; /* received, of two */
};
static struct client *clients;
static long started;
static long ended;
static long completed;

static long wanted; /* clients */
static int64_t delay;
static int epoll_fd;
static int listener;
static struct sockaddr_in address; /* of the listener */

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "raw_epoll: cannot %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int check(int result, const char *what)
{
    if (result < 0)
        fail(what);
    return result;
}

static int64_t now_ns(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_MONOTONIC, &now), "read the clock");
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static void set_nonblocking(int fd)
{
    int flags = check(fcntl(fd, F_GETFL), "ask for the flags of a socket");

    check(fcntl(fd, F_SETFL, flags | O_NONBLOCK), "make a socket non-blocking");
}

/* Shortcut: assumes that it all fits. A response is far smaller than a socket's buffer,
 * and stdout is to be a place that takes everything. */
static void write_whole(int fd, const char *bytes, size_t length)
{
    errno = EAGAIN; /* which a short write does not say, but is */
    if (write(fd, bytes, length) != (ssize_t)length)
        fail("write a whole line at once");
}

/* Edge-triggered: once in the life of fd. No client: the listener. */
static void watch(int fd, uint32_t events, struct client *client)
{
    struct epoll_event event = {.events = events | EPOLLET, .data.ptr = client};

    check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), "register with epoll");
}

/* ---- the server ---- */

static void start_listening(void)
{
    int yes = 1;
    socklen_t length = sizeof address;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = check(socket(AF_INET, SOCK_STREAM, 0), "make a socket");
    check(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), "reuse");
    check(bind(listener, (struct sockaddr *)&address, length), "bind");
    check(listen(listener, SOMAXCONN), "listen");
    check(getsockname(listener, (struct sockaddr *)&address, &length), "find the port");
    set_nonblocking(listener);
    watch(listener, EPOLLIN, NULL);
}

static void say(int fd, const char *word, long number)
{
    char line[32];
    int length = snprintf(line, sizeof line, "%s %ld\n", word, number);

    write_whole(fd, line, (size_t)length);
}

static void accept_all(void)
{
    int fd;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        set_nonblocking(fd);
        say(fd, "start", accepted + 1);
        responses[accepted++] = (struct response){fd, now_ns() + delay};
    }
    if (errno != EAGAIN)
        fail("accept");
}

/* A close over unread bytes would reset the connection. */
static void discard_input(int fd)
{
    char bytes[1024];
    ssize_t n;

    do
        n = read(fd, bytes, sizeof bytes);
    while (n > 0);
    if (n < 0 && errno != EAGAIN)
        fail("read from a client");
}

static void answer_due(void)
{
    if (answered == accepted)
        return;
    int64_t now = now_ns();
    while (answered < accepted && responses[answered].deadline <= now) {
        int fd = responses[answered++].fd;
        say(fd, "end", answered);
        discard_input(fd);
        check(close(fd), "close a connection");
    }
}

/* ---- the clients ---- */

static void start_client(struct client *client)
{
    client->fd = check(socket(AF_INET, SOCK_STREAM, 0), "make a socket");
    set_nonblocking(client->fd);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) < 0 &&
        errno != EINPROGRESS)
        fail("connect");
    watch(client->fd, EPOLLIN | EPOLLOUT, client);
}

static void print(struct client *client, const char *bytes, size_t length)
{
    write_whole(STDOUT_FILENO, bytes, length);
    for (size_t i = 0; i < length; i++)
        if (bytes[i] == '\n')
            client->lines++;
}

/* Reads until that would block: an edge is reported once. */
static void receive(struct client *client)
{
    char bytes[32];
    ssize_t n;

    while ((n = read(client->fd, bytes, sizeof bytes)) > 0)
        print(client, bytes, (size_t)n);
    if (n < 0 && errno == EAGAIN)
        return;
    check((int)n, "read from the server");
    check(close(client->fd), "close a client");
    completed += client->lines == 2;
    ended++;
}

static void client_ready(struct client *client, uint32_t events)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;

    if (!client->connected)
        check(getpeername(client->fd, (struct sockaddr *)&peer, &length), "connect");
    client->connected = true;
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        receive(client);
}

/* ---- the loop ---- */

/* In ms, rounded up: rounded down, the last one would be spent spinning. */
static int time_left(void)
{
    if (started < wanted)
        return 0;
    if (answered == accepted)
        return -1;
    int64_t left = responses[answered].deadline - now_ns();
    return left > 0 ? (int)((left + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

static void turn(void)
{
    static struct epoll_event ready[1024];
    int n = epoll_wait(epoll_fd, ready, 1024, time_left());

    if (n < 0 && errno != EINTR)
        fail("wait");
    for (int i = 0; i < n; i++) {
        if (ready[i].data.ptr == NULL)
            accept_all();
        else
            client_ready(ready[i].data.ptr, ready[i].events);
    }
    answer_due();
}

/* 250 clients, then a turn, as stage 5 does: in one go they would overflow the listener's
 * queue. */
static void run(void)
{
    epoll_fd = check(epoll_create1(EPOLL_CLOEXEC), "make an epoll");
    start_listening();
    while (ended < wanted) {
        for (int i = 0; i < 250 && started < wanted; i++)
            start_client(&clients[started++]);
        turn();
    }
}

/* ---- before and after ---- */

static void prepare(int argc, char **argv)
{
    wanted = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    double seconds = argc == 3 ? strtod(argv[2], NULL) : -1;
    if (wanted < 1 || wanted > 1000000 || !(seconds >= 0 && seconds <= 1000)) {
        fputs("usage: raw_epoll CLIENTS DELAY_SECONDS\n", stderr);
        exit(2);
    }
    delay = (int64_t)(seconds * (double)NS_PER_SECOND);
    clients = calloc((size_t)wanted, sizeof *clients);
    responses = calloc((size_t)wanted, sizeof *responses);
    if (clients == NULL || responses == NULL)
        fail("start");
    signal(SIGPIPE, SIG_IGN); /* a write that fails says why */
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    check(getrlimit(RLIMIT_NOFILE, &limit), "ask for the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "raise the limit of descriptors");
}

static long max_rss_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    if (file == NULL)
        fail("open /proc/self/status");
    while (kib == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    fclose(file);
    return kib;
}

static void report(int64_t wall)
{
    struct rusage usage;

    check(getrusage(RUSAGE_SELF, &usage), "ask what the run cost");
    fprintf(stderr,
            "{\"stage\":\"raw_epoll\",\"clients\":%ld,\"completed\":%ld,"
            "\"wall_s\":%.6f,\"user_s\":%ld.%06ld,\"sys_s\":%ld.%06ld,"
            "\"max_rss_kib\":%ld}\n",
            wanted, completed, (double)wall / (double)NS_PER_SECOND,
            (long)usage.ru_utime.tv_sec, (long)usage.ru_utime.tv_usec,
            (long)usage.ru_stime.tv_sec, (long)usage.ru_stime.tv_usec, max_rss_kib());
}

int main(int argc, char **argv)
{
    prepare(argc, argv);
    raise_descriptor_limit();
    int64_t start = now_ns();

    run();
    report(now_ns() - start);
    return completed == wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}
