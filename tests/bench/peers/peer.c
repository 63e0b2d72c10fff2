/* What the peers in C share, and their main():
 *
 *     PEER version
 *     PEER demo CLIENTS SECONDS
 *     PEER echo
 *     PEER copy BYTES BUFFER */
#define _GNU_SOURCE /* accept4; NOLINT(bugprone-reserved-identifier): libc wants it */
#include "../checksum.h"
#include "peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

void die(const char *what)
{
    fprintf(stderr, "%s: cannot %s: %s\n", peer_name, what, strerror(errno));
    exit(EXIT_FAILURE);
}

int check(int result, const char *what)
{
    if (result < 0)
        die(what);
    return result;
}

void *check_pointer(void *p, const char *what)
{
    if (p == NULL)
        die(what);
    return p;
}

static int64_t now(void)
{
    struct timespec time;

    check(clock_gettime(CLOCK_MONOTONIC, &time), "read the clock");
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* ---- sockets ---- */

static struct sockaddr_in address; /* where we listen */

bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

/* Not by fcntl, as the stages do for POSIX: these are Linux's ways, of one call less. */
static int new_socket(void)
{
    return check(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), "make a socket");
}

int listen_anywhere(void)
{
    socklen_t length = sizeof address;
    int fd = new_socket();

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(fd, (struct sockaddr *)&address, length), "bind");
    check(listen(fd, SOMAXCONN), "listen");
    check(getsockname(fd, (struct sockaddr *)&address, &length), "find the port");
    return fd;
}

int connect_to_us(void)
{
    int fd = new_socket();

    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0 &&
        errno != EINPROGRESS)
        die("connect");
    return fd;
}

void check_connected(int fd)
{
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;

    check(getpeername(fd, (struct sockaddr *)&peer, &length), "connect");
}

int accept_next(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

    if (fd < 0 && !would_block())
        die("accept");
    return fd;
}

/* ---- the demo ---- */

long clients;
double delay;
long ended;
long completed;

double time_out(void)
{
    return delay + 30;
}

void give_up(void)
{
    errno = ETIMEDOUT;
    die("read from the server");
}

static void write_whole(int fd, const char *bytes, size_t length)
{
    errno = EAGAIN; /* which a short write does not say, but is */
    if (write(fd, bytes, length) != (ssize_t)length)
        die("write a whole line at once");
}

size_t line_of(char line[32], const char *word, long number)
{
    return (size_t)snprintf(line, 32, "%s %ld\n", word, number);
}

void say(int fd, const char *word, long number)
{
    char line[32];

    write_whole(fd, line, line_of(line, word, number));
}

void hang_up(int fd)
{
    char bytes[1024];
    ssize_t n;

    do
        n = read(fd, bytes, sizeof bytes);
    while (n > 0);
    if (n < 0 && !would_block())
        die("read from a client");
    check(close(fd), "close a connection");
}

void print_answer(const char *bytes, size_t length, int *lines)
{
    write_whole(STDOUT_FILENO, bytes, length);
    for (size_t i = 0; i < length; i++)
        *lines += bytes[i] == '\n';
}

bool client_reads(int fd, int *lines)
{
    char bytes[32];
    ssize_t n = read(fd, bytes, sizeof bytes);

    if (n < 0 && would_block())
        return true;
    check((int)n, "read from the server");
    if (n > 0) {
        print_answer(bytes, (size_t)n, lines);
        return true;
    }
    check(close(fd), "close a client");
    completed += *lines == 2;
    ended++;
    return false;
}

/* ---- copy ---- */

struct ends ends;
size_t buffer_size;
static int64_t bytes_wanted;
static int64_t bytes_sent;
static int64_t bytes_arrived;
static char *pattern;
static struct checksum sent;
static struct checksum arrived;

const char *next_piece(size_t *length)
{
    int64_t left = bytes_wanted - bytes_sent;

    *length = left < (int64_t)buffer_size ? (size_t)left : buffer_size;
    checksum_add(&sent, pattern, *length);
    bytes_sent += (int64_t)*length;
    return pattern;
}

void piece_arrived(const char *bytes, size_t length)
{
    checksum_add(&arrived, bytes, length);
    bytes_arrived += (int64_t)length;
}

/* They connect at once, over loopback: the listener's queue is empty. `one` writes. */
static void connect_pair(int listener, int *one, int *other)
{
    int yes = 1;

    *one = connect_to_us();
    check(setsockopt(*one, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "set a socket");
    while ((*other = accept_next(listener)) < 0)
        ;
}

static void prepare_copy(void)
{
    int listener = listen_anywhere();

    connect_pair(listener, &ends.sender, &ends.copier_in);
    connect_pair(listener, &ends.copier_out, &ends.receiver);
    check(close(listener), "close the listener");
    pattern = check_pointer(malloc(buffer_size), "make a buffer");
    for (size_t i = 0; i < buffer_size; i++)
        pattern[i] = (char)(i * 31 >> 3);
}

/* ---- main ---- */

static _Noreturn void usage(void)
{
    fprintf(stderr,
            "usage: %s version | demo CLIENTS SECONDS | echo | copy BYTES BUFFER\n",
            peer_name);
    exit(2);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);

    if (*end != '\0' || !(value >= least && value <= most))
        usage();
    return value;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    check(getrlimit(RLIMIT_NOFILE, &limit), "ask for the limit of descriptors");
    limit.rlim_cur = limit.rlim_max;
    check(setrlimit(RLIMIT_NOFILE, &limit), "raise the limit of descriptors");
}

static long status_of(const char *name)
{
    char line[128];
    long value = 0;
    FILE *file = check_pointer(fopen("/proc/self/status", "r"), "open /proc/self/status");

    while (value == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    fclose(file);
    return value;
}

static void report(int64_t wall)
{
    struct rusage usage;

    check(getrusage(RUSAGE_SELF, &usage), "ask what the run cost");
    fprintf(stderr,
            "{\"peer\":\"%s\",\"clients\":%ld,\"completed\":%ld,\"bytes\":%lld,"
            "\"wall_s\":%.6f,\"max_rss_kib\":%ld,\"threads\":%ld,"
            "\"voluntary_switches\":%ld}\n",
            peer_name, clients, completed, (long long)bytes_arrived, (double)wall / 1e9,
            status_of("VmHWM:"), status_of("Threads:"), usage.ru_nvcsw);
}

static void end_now(int signal)
{
    (void)signal;
    _exit(EXIT_SUCCESS);
}

static void run_echo(void)
{
    int listener = listen_anywhere();

    signal(SIGTERM, end_now);
    fprintf(stderr, "%s: listening on 127.0.0.1:%d\n", peer_name,
            ntohs(address.sin_port));
    peer_echo(listener);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    signal(SIGPIPE, SIG_IGN); /* a write that fails says why */
    raise_descriptor_limit();
    int64_t start = now();
    if (strcmp(mode, "version") == 0 && argc == 2) {
        puts(peer_version());
        return EXIT_SUCCESS;
    }
    if (strcmp(mode, "echo") == 0 && argc == 2)
        run_echo();
    else if (strcmp(mode, "demo") == 0 && argc == 4) {
        clients = (long)number(argv[2], 1, 1e6);
        delay = number(argv[3], 0, 1000);
        peer_demo();
    } else if (strcmp(mode, "copy") == 0 && argc == 4) {
        bytes_wanted = (int64_t)number(argv[2], 0, 1e15);
        buffer_size = (size_t)number(argv[3], 1, 1e9);
        prepare_copy();
        start = now();
        peer_copy();
    } else
        usage();
    report(now() - start);
    return completed == clients && bytes_arrived == bytes_wanted &&
                   checksum_equal(&sent, &arrived)
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
