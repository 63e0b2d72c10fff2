/* The same work with libev: an ev_io for each descriptor, an ev_timer for each delay and
 * each time-out. */
#include "peer.h"

#include <ev.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const peer_name = "libev";

const char *peer_version(void)
{
    static char text[32];

    snprintf(text, sizeof text, "%d.%d", ev_version_major(), ev_version_minor());
    return text;
}

static void watch(struct ev_loop *loop, ev_io *io,
                  void (*ready)(struct ev_loop *, ev_io *, int), int fd, int events)
{
    ev_io_init(io, ready, fd, events);
    ev_io_start(loop, io);
}

/* ---- the demo ---- */

struct response {
    ev_timer timer;
    int fd;
    long number;
};

struct client {
    ev_io io;
    ev_timer timer;
    int lines;
};

static void time_is_up(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct response *response = (struct response *)timer;

    (void)loop;
    (void)events;
    say(response->fd, "end", response->number);
    hang_up(response->fd);
    free(response);
}

static void accept_all(struct ev_loop *loop, ev_io *listener, int events)
{
    static long accepted;
    int fd;

    (void)events;
    while ((fd = accept_next(listener->fd)) >= 0) {
        struct response *response = check_pointer(malloc(sizeof *response), "respond");
        response->fd = fd;
        response->number = ++accepted;
        say(fd, "start", response->number);
        ev_now_update(loop); /* the delay counts from now, not from the last turn */
        ev_timer_init(&response->timer, time_is_up, delay, 0);
        ev_timer_start(loop, &response->timer);
    }
}

static void client_timed_out(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop;
    (void)timer;
    (void)events;
    give_up();
}

static void client_readable(struct ev_loop *loop, ev_io *io, int events)
{
    struct client *client = (struct client *)io;

    (void)events;
    if (client_reads(io->fd, &client->lines))
        return;
    ev_timer_stop(loop, &client->timer);
    ev_io_stop(loop, io);
    if (ended == clients)
        ev_break(loop, EVBREAK_ALL);
}

static void client_connected(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    check_connected(io->fd);
    ev_io_stop(loop, io);
    watch(loop, io, client_readable, io->fd, EV_READ);
}

static void start_client(struct ev_loop *loop, struct client *client)
{
    ev_timer_init(&client->timer, client_timed_out, time_out(), 0);
    ev_timer_start(loop, &client->timer);
    watch(loop, &client->io, client_connected, connect_to_us(), EV_WRITE);
}

void peer_demo(void)
{
    struct ev_loop *loop = check_pointer(ev_default_loop(EVFLAG_AUTO), "make a loop");
    struct client *all = check_pointer(calloc((size_t)clients, sizeof *all), "start");
    ev_io listener;

    watch(loop, &listener, accept_all, listen_anywhere(), EV_READ);
    for (long i = 0; i < clients; i++) {
        if (i > 0 && i % CLIENTS_AT_ONCE == 0)
            ev_run(loop, EVRUN_NOWAIT);
        start_client(loop, &all[i]);
    }
    ev_run(loop, 0);
}

/* ---- echo ---- */

struct echo {
    ev_io io;
    struct rest *rest; /* what could not be written at once; NULL: nothing */
};

struct rest {
    size_t length;
    size_t position;
    char bytes[];
};

static void echo_ended(struct ev_loop *loop, struct echo *echo)
{
    ev_io_stop(loop, &echo->io);
    check(close(echo->io.fd), "close a connection");
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

static void echo_writable(struct ev_loop *loop, ev_io *io, int events);

static void echo_readable(struct ev_loop *loop, ev_io *io, int events)
{
    struct echo *echo = (struct echo *)io;
    char bytes[ECHO_BUFFER];
    ssize_t n = read(io->fd, bytes, sizeof bytes);

    (void)events;
    if (n < 0 && would_block())
        return;
    ssize_t written = n <= 0 ? -1 : write(io->fd, bytes, (size_t)n);
    if (n <= 0 || (written < 0 && !would_block())) {
        echo_ended(loop, echo);
        return;
    }
    if (written == n)
        return;
    written = written < 0 ? 0 : written;
    keep_rest(echo, bytes + written, (size_t)(n - written));
    ev_io_stop(loop, io);
    watch(loop, io, echo_writable, io->fd, EV_WRITE);
}

static void echo_writable(struct ev_loop *loop, ev_io *io, int events)
{
    struct echo *echo = (struct echo *)io;
    struct rest *rest = echo->rest;
    ssize_t n =
        write(io->fd, rest->bytes + rest->position, rest->length - rest->position);

    (void)events;
    if (n < 0 && !would_block()) {
        echo_ended(loop, echo);
        return;
    }
    rest->position += n < 0 ? 0 : (size_t)n;
    if (rest->position < rest->length)
        return;
    free(rest);
    echo->rest = NULL;
    ev_io_stop(loop, io);
    watch(loop, io, echo_readable, io->fd, EV_READ);
}

static void accept_echoes(struct ev_loop *loop, ev_io *listener, int events)
{
    int fd;

    (void)events;
    while ((fd = accept_next(listener->fd)) >= 0) {
        struct echo *echo = check_pointer(calloc(1, sizeof *echo), "take a connection");
        watch(loop, &echo->io, echo_readable, fd, EV_READ);
    }
}

void peer_echo(int listener)
{
    struct ev_loop *loop = check_pointer(ev_default_loop(EVFLAG_AUTO), "make a loop");
    ev_io io;

    watch(loop, &io, accept_echoes, listener, EV_READ);
    ev_run(loop, 0);
}

/* ---- copy ---- */

/* What is left to write of a piece. */
struct piece {
    const char *bytes;
    size_t length;
};

static ev_io sending;
static ev_io copying_in;
static ev_io copying_out;
static ev_io receiving;
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

static void end_of(struct ev_loop *loop, ev_io *io)
{
    ev_io_stop(loop, io);
    check(close(io->fd), "close");
}

static void send_more(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    if (sent.length > 0 && !write_piece(io->fd, &sent))
        return;
    sent.bytes = next_piece(&sent.length);
    if (sent.length == 0)
        end_of(loop, io);
}

static void copy_in(struct ev_loop *loop, ev_io *io, int events)
{
    ssize_t n = read(io->fd, copy_buffer, buffer_size);

    (void)events;
    if (n < 0 && would_block())
        return;
    check((int)n, "read");
    if (n == 0) {
        end_of(loop, io);
        end_of(loop, &copying_out);
        return;
    }
    copied = (struct piece){copy_buffer, (size_t)n};
    if (write_piece(copying_out.fd, &copied))
        return;
    ev_io_stop(loop, io);
    ev_io_start(loop, &copying_out);
}

static void copy_out(struct ev_loop *loop, ev_io *io, int events)
{
    (void)events;
    if (!write_piece(io->fd, &copied))
        return;
    ev_io_stop(loop, io);
    ev_io_start(loop, &copying_in);
}

static void receive(struct ev_loop *loop, ev_io *io, int events)
{
    ssize_t n = read(io->fd, receive_buffer, buffer_size);

    (void)events;
    if (n < 0 && would_block())
        return;
    check((int)n, "read");
    piece_arrived(receive_buffer, (size_t)n);
    if (n == 0)
        end_of(loop, io);
}

/* Until nothing is watched any more. */
void peer_copy(void)
{
    struct ev_loop *loop = check_pointer(ev_default_loop(EVFLAG_AUTO), "make a loop");

    copy_buffer = check_pointer(malloc(buffer_size), "make a buffer");
    receive_buffer = check_pointer(malloc(buffer_size), "make a buffer");
    watch(loop, &sending, send_more, ends.sender, EV_WRITE);
    watch(loop, &copying_in, copy_in, ends.copier_in, EV_READ);
    ev_io_init(&copying_out, copy_out, ends.copier_out, EV_WRITE);
    watch(loop, &receiving, receive, ends.receiver, EV_READ);
    ev_run(loop, 0);
    free(copy_buffer);
    free(receive_buffer);
}
