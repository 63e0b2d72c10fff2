/* The work of the bare peers. */
#include "bare.h"
#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NS_PER_MS     INT64_C(1000000)

static int64_t now_ns(void)
{
    struct timespec now;

    check(clock_gettime(CLOCK_MONOTONIC, &now), "read the clock");
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* ---- the demo ---- */

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
    struct source source;
    int lines; /* received, of two */
    int64_t deadline;
    struct client *earlier;
    struct client *later;
};

/* All time-outs are as long, too: in this ring the earliest deadline comes first. */
static struct client ring = {.earlier = &ring, .later = &ring};

static void accept_all(struct source *listener)
{
    int fd;

    while ((fd = accept_next(listener->fd)) >= 0) {
        say(fd, "start", accepted + 1);
        int64_t deadline = now_ns() + (int64_t)(delay * (double)NS_PER_SECOND);
        responses[accepted++] = (struct response){fd, deadline};
    }
}

static void answer_due(void)
{
    int64_t now = now_ns();

    while (answered < accepted && responses[answered].deadline <= now) {
        int fd = responses[answered++].fd;
        say(fd, "end", answered);
        hang_up(fd);
    }
}

static void stop_time(struct client *client)
{
    client->earlier->later = client->later;
    client->later->earlier = client->earlier;
}

static void start_time(struct client *client)
{
    client->deadline = now_ns() + (int64_t)(time_out() * (double)NS_PER_SECOND);
    client->earlier = ring.earlier;
    client->later = &ring;
    client->earlier->later = client;
    client->later->earlier = client;
}

static void give_up_due(void)
{
    if (ring.later != &ring && ring.later->deadline <= now_ns())
        give_up();
}

static void client_readable(struct source *source)
{
    struct client *client = (struct client *)source;

    if (client_reads(source->fd, &client->lines))
        return;
    stop_time(client);
    forget(source);
}

static void client_connected(struct source *source)
{
    check_connected(source->fd);
    source->ready = client_readable;
    want(source, POLLIN);
}

static void start_client(struct client *client)
{
    client->source.fd = connect_to_us();
    client->source.ready = client_connected;
    start_time(client);
    want(&client->source, POLLOUT);
}

/* In ms, rounded up: rounded down, the last one would be spent spinning. */
static int time_left(bool all_started)
{
    if (!all_started)
        return 0;
    int64_t first = ring.later->deadline; /* there is one: not all have ended */
    if (answered < accepted && responses[answered].deadline < first)
        first = responses[answered].deadline;
    int64_t left = first - now_ns();
    return left > 0 ? (int)((left + NS_PER_MS - 1) / NS_PER_MS) : 0;
}

void peer_demo(void)
{
    struct source listener = {.fd = listen_anywhere(), .ready = accept_all};
    struct client *all = check_pointer(calloc((size_t)clients, sizeof *all), "start");
    long started = 0;

    responses = check_pointer(calloc((size_t)clients, sizeof *responses), "start");
    want(&listener, POLLIN);
    while (ended < clients) {
        for (int i = 0; i < CLIENTS_AT_ONCE && started < clients; i++)
            start_client(&all[started++]);
        wait_once(time_left(started == clients));
        answer_due();
        give_up_due();
    }
}

/* ---- echo ---- */

struct echo {
    struct source source;
    struct rest *rest; /* what could not be written at once; NULL: nothing */
};

struct rest {
    size_t length;
    size_t position;
    char bytes[];
};

static void echo_ended(struct echo *echo)
{
    check(close(echo->source.fd), "close a connection");
    forget(&echo->source);
    free(echo->rest);
    free(echo);
}

static void keep_rest(struct echo *echo, const char *bytes, size_t length)
{
    echo->rest = check_pointer(malloc(sizeof *echo->rest + length), "keep bytes");
    echo->rest->length = length;
    echo->rest->position = 0;
    memcpy(echo->rest->bytes, bytes, length);
}

static void echo_writable(struct source *source);

static void echo_readable(struct source *source)
{
    struct echo *echo = (struct echo *)source;
    char bytes[ECHO_BUFFER];
    ssize_t n = read(source->fd, bytes, sizeof bytes);

    if (n < 0 && would_block())
        return;
    ssize_t written = n <= 0 ? -1 : write(source->fd, bytes, (size_t)n);
    if (n <= 0 || (written < 0 && !would_block())) {
        echo_ended(echo);
        return;
    }
    if (written == n)
        return;
    written = written < 0 ? 0 : written;
    keep_rest(echo, bytes + written, (size_t)(n - written));
    source->ready = echo_writable;
    want(source, POLLOUT);
}

static void echo_writable(struct source *source)
{
    struct echo *echo = (struct echo *)source;
    struct rest *rest = echo->rest;
    ssize_t n =
        write(source->fd, rest->bytes + rest->position, rest->length - rest->position);

    if (n < 0 && !would_block()) {
        echo_ended(echo);
        return;
    }
    rest->position += n < 0 ? 0 : (size_t)n;
    if (rest->position < rest->length)
        return;
    free(rest);
    echo->rest = NULL;
    source->ready = echo_readable;
    want(source, POLLIN);
}

static void accept_echoes(struct source *listener)
{
    int fd;

    while ((fd = accept_next(listener->fd)) >= 0) {
        struct echo *echo = check_pointer(calloc(1, sizeof *echo), "take a connection");
        echo->source = (struct source){.fd = fd, .ready = echo_readable};
        want(&echo->source, POLLIN);
    }
}

void peer_echo(int listener)
{
    struct source source = {.fd = listener, .ready = accept_echoes};

    want(&source, POLLIN);
    for (;;)
        wait_once(-1);
}

/* ---- copy ---- */

/* What is left to write of a piece. */
struct piece {
    const char *bytes;
    size_t length;
};

static struct source sending;
static struct source copying_in;
static struct source copying_out;
static struct source receiving;
static struct piece sent;
static struct piece copied;
static char *copy_buffer;
static char *receive_buffer;

/* Returns whether all of it is written. */
static bool write_piece(int fd, struct piece *piece)
{
    ssize_t n = write(fd, piece->bytes, piece->length);

    if (n < 0 && !would_block())
        die("write");
    if (n > 0) {
        piece->bytes += n;
        piece->length -= (size_t)n;
    }
    return piece->length == 0;
}

static void end_of(struct source *source)
{
    check(close(source->fd), "close");
    forget(source);
}

static void send_more(struct source *source)
{
    if (sent.length > 0 && !write_piece(source->fd, &sent))
        return;
    sent.bytes = next_piece(&sent.length);
    if (sent.length == 0)
        end_of(source);
}

static void copy_in(struct source *source)
{
    ssize_t n = read(source->fd, copy_buffer, buffer_size);

    if (n < 0 && would_block())
        return;
    check((int)n, "read");
    if (n == 0) {
        end_of(source);
        check(close(copying_out.fd), "close");
        return;
    }
    copied = (struct piece){copy_buffer, (size_t)n};
    if (write_piece(copying_out.fd, &copied))
        return;
    want(&copying_in, 0);
    want(&copying_out, POLLOUT);
}

static void copy_out(struct source *source)
{
    if (!write_piece(source->fd, &copied))
        return;
    want(&copying_out, 0);
    want(&copying_in, POLLIN);
}

static void receive(struct source *source)
{
    ssize_t n = read(source->fd, receive_buffer, buffer_size);

    if (n < 0 && would_block())
        return;
    check((int)n, "read");
    piece_arrived(receive_buffer, (size_t)n);
    if (n == 0)
        end_of(source);
}

void peer_copy(void)
{
    sending = (struct source){.fd = ends.sender, .ready = send_more};
    copying_in = (struct source){.fd = ends.copier_in, .ready = copy_in};
    copying_out = (struct source){.fd = ends.copier_out, .ready = copy_out};
    receiving = (struct source){.fd = ends.receiver, .ready = receive};
    copy_buffer = check_pointer(malloc(buffer_size), "make a buffer");
    receive_buffer = check_pointer(malloc(buffer_size), "make a buffer");
    want(&sending, POLLOUT);
    want(&copying_in, POLLIN);
    want(&receiving, POLLIN);
    while (receiving.wanted != 0)
        wait_once(-1);
    free(copy_buffer);
    free(receive_buffer);
}
