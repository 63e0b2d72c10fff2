/* The same work with libuv: a uv_tcp_t for each connection, a uv_timer_t for each delay
 * and each time-out; uv_try_write first, and uv_write for what is left. */
#include "peer.h"

#include <uv.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const peer_name = "libuv";
static uv_loop_t *loop;

const char *peer_version(void)
{
    return uv_version_string();
}

/* libuv says -errno. */
static void must(int result, const char *what)
{
    if (result < 0) {
        errno = -result;
        die(what);
    }
}

static uv_stream_t *as_stream(uv_tcp_t *tcp)
{
    return (uv_stream_t *)tcp;
}

static void freed(uv_handle_t *handle)
{
    free(handle);
}

static uv_tcp_t *new_tcp(size_t size)
{
    uv_tcp_t *tcp = check_pointer(calloc(1, size), "take a connection");

    must(uv_tcp_init(loop, tcp), "make a stream");
    return tcp;
}

/* One buffer for all: it is used up before the next read. */
static void give_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    static char bytes[ECHO_BUFFER];

    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}

/* What could not be written at once, with the bytes. */
struct rest {
    uv_write_t write;
    char bytes[];
};

/* Returns whether all is written; else `written` is called when it is. */
static bool write_all(uv_stream_t *stream, const char *bytes, size_t length,
                      uv_write_cb written)
{
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);
    int n = uv_try_write(stream, &buffer, 1);

    if (n == (int)length)
        return true;
    if (n == UV_EAGAIN)
        n = 0;
    must(n, "write");
    size_t left = length - (size_t)n;
    struct rest *rest = check_pointer(malloc(sizeof *rest + left), "keep bytes");
    memcpy(rest->bytes, bytes + n, left);
    buffer = uv_buf_init(rest->bytes, (unsigned)left);
    must(uv_write(&rest->write, stream, &buffer, 1, written), "write");
    return false;
}

static uint64_t in_ms(double seconds)
{
    return (uint64_t)(seconds * 1000 + 0.999);
}

static void listen_with(uv_tcp_t *listener, int fd, uv_connection_cb accepted)
{
    loop = uv_default_loop();
    must(uv_tcp_init(loop, listener), "make a listener");
    must(uv_tcp_open(listener, fd), "make a listener");
    must(uv_listen(as_stream(listener), SOMAXCONN, accepted), "listen");
}

/* ---- the demo ---- */

/* libuv may accept one connection a turn of its loop, so each that is accepted starts the
 * next: the backlog never overflows. */
static void start_client(void);

struct response {
    uv_tcp_t tcp;
    uv_timer_t timer;
    long number;
};

static void must_be_whole(uv_write_t *write, int status)
{
    free(write);
    must(status, "write a line");
}

static void put_line(uv_tcp_t *tcp, const char *word, long number)
{
    char line[32];

    write_all(as_stream(tcp), line, line_of(line, word, number), must_be_whole);
}

static void timer_closed(uv_handle_t *timer)
{
    struct response *response = timer->data;

    uv_close((uv_handle_t *)&response->tcp, freed);
}

static void time_is_up(uv_timer_t *timer)
{
    struct response *response = timer->data;

    put_line(&response->tcp, "end", response->number);
    uv_close((uv_handle_t *)timer, timer_closed);
}

static void accepted(uv_stream_t *listener, int status)
{
    static long count;
    struct response *response = (struct response *)new_tcp(sizeof *response);

    must(status, "accept");
    must(uv_accept(listener, as_stream(&response->tcp)), "accept");
    response->number = ++count;
    response->timer.data = response;
    must(uv_timer_init(loop, &response->timer), "make a timer");
    put_line(&response->tcp, "start", response->number);
    uv_update_time(loop); /* the delay counts from now, not from the loop's last turn */
    must(uv_timer_start(&response->timer, time_is_up, in_ms(delay), 0), "start a timer");
    start_client();
}

struct client {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_timer_t timer;
    int lines;
};
static struct client *all_clients;
static long started;
static struct sockaddr_storage server;

static void client_timed_out(uv_timer_t *timer)
{
    (void)timer;
    give_up();
}

static void client_closed(uv_handle_t *handle)
{
    struct client *client = (struct client *)handle;

    completed += client->lines == 2;
    if (++ended == clients)
        uv_stop(loop);
}

static void client_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct client *client = (struct client *)stream;

    if (n > 0)
        print_answer(buffer->base, (size_t)n, &client->lines);
    else if (n == UV_EOF) {
        uv_close((uv_handle_t *)&client->timer, NULL);
        uv_close((uv_handle_t *)stream, client_closed);
    } else
        must((int)n, "read from the server");
}

static void client_connected(uv_connect_t *connect, int status)
{
    must(status, "connect");
    must(uv_read_start(connect->handle, give_buffer, client_read), "read");
}

static void start_client(void)
{
    uint64_t ms = in_ms(time_out());

    if (started == clients)
        return;
    struct client *client = &all_clients[started++];
    must(uv_timer_init(loop, &client->timer), "make a timer");
    must(uv_timer_start(&client->timer, client_timed_out, ms, 0), "start a timer");
    must(uv_tcp_init(loop, &client->tcp), "make a stream");
    must(uv_tcp_connect(&client->connect, &client->tcp, (struct sockaddr *)&server,
                        client_connected),
         "connect");
}

void peer_demo(void)
{
    int length = sizeof server;
    uv_tcp_t listener;

    all_clients = check_pointer(calloc((size_t)clients, sizeof *all_clients), "start");
    listen_with(&listener, listen_anywhere(), accepted);
    must(uv_tcp_getsockname(&listener, (struct sockaddr *)&server, &length), "find");
    for (int i = 0; i < CLIENTS_AT_ONCE; i++)
        start_client();
    uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- echo ---- */

static void echo_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void echo_written(uv_write_t *write, int status)
{
    uv_stream_t *stream = write->handle;

    free(write);
    if (status < 0)
        uv_close((uv_handle_t *)stream, freed);
    else
        must(uv_read_start(stream, give_buffer, echo_read), "read on");
}

static void echo_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    if (n < 0)
        uv_close((uv_handle_t *)stream, freed);
    else if (n > 0 && !write_all(stream, buffer->base, (size_t)n, echo_written))
        uv_read_stop(stream);
}

static void accepted_echo(uv_stream_t *listener, int status)
{
    uv_tcp_t *tcp = new_tcp(sizeof *tcp);

    must(status, "accept");
    must(uv_accept(listener, as_stream(tcp)), "accept");
    must(uv_read_start(as_stream(tcp), give_buffer, echo_read), "read");
}

void peer_echo(int listener)
{
    uv_tcp_t tcp;

    listen_with(&tcp, listener, accepted_echo);
    uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- copy ---- */

static uv_tcp_t sender;
static uv_tcp_t copier_in;
static uv_tcp_t copier_out;
static uv_tcp_t receiver;
static char *copy_buffer;
static char *receive_buffer;

static void give_copy_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(copy_buffer, (unsigned)buffer_size);
}

static void give_receive_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer)
{
    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(receive_buffer, (unsigned)buffer_size);
}

/* One piece for each turn of the loop. uv_write tries at once; what is left need not be
 * copied, for the piece outlives it. */
static void send_more(uv_write_t *write, int status)
{
    size_t length;
    const char *bytes = next_piece(&length);
    uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);

    must(status, "send");
    if (length == 0)
        uv_close((uv_handle_t *)&sender, NULL);
    else
        must(uv_write(write, as_stream(&sender), &buffer, 1, send_more), "send");
}

static void copy_in(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void copied(uv_write_t *write, int status)
{
    free(write);
    must(status, "write");
    must(uv_read_start(as_stream(&copier_in), give_copy_buffer, copy_in), "read on");
}

static void copy_in(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    if (n == UV_EOF) {
        uv_close((uv_handle_t *)stream, NULL);
        uv_close((uv_handle_t *)&copier_out, NULL);
        return;
    }
    must((int)n, "read");
    if (!write_all(as_stream(&copier_out), buffer->base, (size_t)n, copied))
        uv_read_stop(stream);
}

static void receive(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    if (n == UV_EOF)
        uv_close((uv_handle_t *)stream, NULL);
    else {
        must((int)n, "read");
        piece_arrived(buffer->base, (size_t)n);
    }
}

static void open_end(uv_tcp_t *tcp, int fd)
{
    must(uv_tcp_init(loop, tcp), "make a stream");
    must(uv_tcp_open(tcp, fd), "make a stream");
}

void peer_copy(void)
{
    static uv_write_t write;

    loop = uv_default_loop();
    copy_buffer = check_pointer(malloc(buffer_size), "make a buffer");
    receive_buffer = check_pointer(malloc(buffer_size), "make a buffer");
    open_end(&sender, ends.sender);
    open_end(&copier_in, ends.copier_in);
    open_end(&copier_out, ends.copier_out);
    open_end(&receiver, ends.receiver);
    must(uv_read_start(as_stream(&receiver), give_receive_buffer, receive), "read");
    must(uv_read_start(as_stream(&copier_in), give_copy_buffer, copy_in), "read");
    send_more(&write, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    free(copy_buffer);
    free(receive_buffer);
}
