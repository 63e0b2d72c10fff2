/* Drives an echo server, on bare epoll: each connection sends a request, waits until all
 * of it has come back, and sends the next. After a warm-up it counts the round trips, and
 * the CPU time of the server and its own.
 *
 *     load PORT CONNECTIONS BYTES SECONDS SERVER_PID */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define WARM_UP (300 * NS_PER_MS)

enum { MOST_BYTES = 65536 };
static char request[MOST_BYTES];
static size_t size; /* of the request */

struct connection {
    int fd;
    size_t came;  /* bytes of the echo */
    int64_t sent; /* the time when the request was sent */
};
static int epoll_fd;

/* How many round trips took so many us: up to 10 ms one by one, then by the ms. */
enum { FINE = 10000, COARSE = 10000 };
static long fine[FINE];
static long coarse[COARSE];
static long replies;

static void count(int64_t took)
{
    int64_t us = took / 1000;

    replies++;
    if (us < FINE)
        fine[us]++;
    else
        coarse[us / 1000 < COARSE ? us / 1000 : COARSE - 1]++;
}

/* The time, in us, that `part` of the round trips did not exceed. */
static long percentile(double part)
{
    long rest = (long)((double)replies * part);

    for (long us = 0; us < FINE; us++)
        if ((rest -= fine[us]) < 0)
            return us;
    for (long ms = 0; ms < COARSE; ms++)
        if ((rest -= coarse[ms]) < 0)
            return 1000 * ms;
    return 1000L * COARSE;
}

/* ---- connections ---- */

/* A request fits into a socket's buffer, and the last one has come back. */
static void send_request(struct connection *connection, int64_t time)
{
    connection->came = 0;
    connection->sent = time;
    ssize_t n = write(connection->fd, request, size);
    if (n != (ssize_t)size)
        fail("cannot send %zu bytes at once: %s", size,
             n < 0 ? strerror(errno) : "short");
}

static void connect_one(struct connection *connection, int port)
{
    int yes = 1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = connection};

    connection->fd = connect_to_port(port);
    if (setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) != 0 ||
        fcntl(connection->fd, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connection->fd, &event) != 0)
        fail("cannot prepare a connection: %s", strerror(errno));
}

/* Edge-triggered, which is the cheapest: a read that gets less than it asked for has
 * emptied the socket, and nothing comes after the whole echo before we send again. */
static void receive(struct connection *connection)
{
    static char bytes[MOST_BYTES];
    ssize_t n = read(connection->fd, bytes, size - connection->came);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        fail("the server ended a connection: %s", n < 0 ? strerror(errno) : "closed");
    if (memcmp(bytes, request + connection->came, (size_t)n) != 0)
        fail("what came back is not what was sent");
    connection->came += (size_t)n;
    if (connection->came == size) {
        int64_t time = now_ns();
        count(time - connection->sent);
        send_request(connection, time);
    }
}

static void run_until(int64_t end)
{
    static struct epoll_event ready[1024];

    while (now_ns() < end) {
        int n = epoll_wait(epoll_fd, ready, 1024, 100);
        if (n < 0 && errno != EINTR)
            fail("cannot wait: %s", strerror(errno));
        for (int i = 0; i < n; i++)
            receive(ready[i].data.ptr);
    }
}

/* ---- the run ---- */

static void forget_what_was_counted(void)
{
    memset(fine, 0, sizeof fine);
    memset(coarse, 0, sizeof coarse);
    replies = 0;
}

static void measure(int64_t duration, long server)
{
    forget_what_was_counted();
    int64_t start = now_ns();
    int64_t own = cpu_of(getpid());
    int64_t theirs = cpu_of(server);

    run_until(start + duration);
    double seconds = (double)(now_ns() - start) / 1e9;
    if (replies == 0)
        fail("no echo came back in %.1f s", seconds);
    printf("{\"replies\":%ld,\"seconds\":%.6f,\"replies_per_s\":%.1f,\"p50_us\":%ld,"
           "\"p99_us\":%ld,\"cpu_s\":%.6f,\"server_cpu_s\":%.6f}\n",
           replies, seconds, (double)replies / seconds, percentile(0.5), percentile(0.99),
           (double)(cpu_of(getpid()) - own) / 1e9,
           (double)(cpu_of(server) - theirs) / 1e9);
}

int main(int argc, char **argv)
{
    program_name = "load";
    if (argc != 6)
        usage("PORT CONNECTIONS BYTES SECONDS SERVER_PID");
    long connections = number(argv[2], 1, 20000);
    size = (size_t)number(argv[3], 1, MOST_BYTES);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (all == NULL || epoll_fd < 0)
        fail("cannot start: %s", strerror(errno));
    for (size_t i = 0; i < size; i++)
        request[i] = (char)('a' + i % 26);
    raise_descriptor_limit();

    for (long i = 0; i < connections; i++)
        connect_one(&all[i], (int)number(argv[1], 1, 65535));
    for (long i = 0; i < connections; i++)
        send_request(&all[i], now_ns());
    run_until(now_ns() + WARM_UP);
    measure((int64_t)(strtod(argv[4], NULL) * 1e9), number(argv[5], 1, 1L << 30));
    free(all);
}
