/* The same work with libevent: bufferevents, an evconnlistener, a timer for each delay
 * and each time-out. */
#include "peer.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

const char *const peer_name = "libevent";
static struct event_base *base;

const char *peer_version(void)
{
    return event_get_version();
}

static struct bufferevent *stream(int fd)
{
    return check_pointer(bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE),
                         "make a bufferevent");
}

static void make_base(void)
{
    base = check_pointer(event_base_new(), "make an event base");
}

static void listen_with(int fd, evconnlistener_cb accepted)
{
    check_pointer(evconnlistener_new(base, accepted, NULL, LEV_OPT_CLOSE_ON_FREE, 0, fd),
                  "listen");
}

/* ---- the demo ---- */

struct response {
    struct bufferevent *stream;
    struct event *timer;
    long number;
};

static struct timeval timeval(double seconds)
{
    time_t whole = (time_t)seconds;

    return (struct timeval){whole, (suseconds_t)((seconds - (double)whole) * 1e6)};
}

static void put_line(struct bufferevent *to, const char *word, long number)
{
    char line[32];

    check(bufferevent_write(to, line, line_of(line, word, number)), "write a line");
}

static void response_written(struct bufferevent *stream, void *argument)
{
    (void)argument;
    bufferevent_free(stream);
}

static void time_is_up(evutil_socket_t fd, short events, void *argument)
{
    struct response *response = argument;

    (void)fd;
    (void)events;
    put_line(response->stream, "end", response->number);
    bufferevent_setcb(response->stream, NULL, response_written, NULL, NULL);
    event_free(response->timer);
    free(response);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd,
                     struct sockaddr *from, int length, void *argument)
{
    static long count;
    struct timeval time = timeval(delay);
    struct response *response = check_pointer(malloc(sizeof *response), "respond");

    (void)listener;
    (void)from;
    (void)length;
    (void)argument;
    response->stream = stream(fd);
    response->number = ++count;
    response->timer =
        check_pointer(evtimer_new(base, time_is_up, response), "set a timer");
    put_line(response->stream, "start", response->number);
    check(evtimer_add(response->timer, &time), "set a timer");
}

struct client {
    struct bufferevent *stream;
    struct event *timer;
    int lines;
};

static void client_readable(struct bufferevent *stream, void *argument)
{
    struct client *client = argument;
    char bytes[1024];
    size_t n;

    while ((n = bufferevent_read(stream, bytes, sizeof bytes)) > 0)
        print_answer(bytes, n, &client->lines);
}

static void client_event(struct bufferevent *stream, short events, void *argument)
{
    struct client *client = argument;

    if ((events & BEV_EVENT_CONNECTED) != 0)
        return;
    if ((events & BEV_EVENT_ERROR) != 0)
        die("read from the server");
    event_free(client->timer);
    bufferevent_free(stream);
    completed += client->lines == 2;
    if (++ended == clients)
        event_base_loopbreak(base);
}

static void client_timed_out(evutil_socket_t fd, short events, void *argument)
{
    (void)fd;
    (void)events;
    (void)argument;
    give_up();
}

static void start_client(struct client *client, struct sockaddr *to, socklen_t length)
{
    struct timeval time = timeval(time_out());

    client->stream = stream(-1);
    bufferevent_setcb(client->stream, client_readable, NULL, client_event, client);
    client->timer =
        check_pointer(evtimer_new(base, client_timed_out, client), "set a timer");
    check(evtimer_add(client->timer, &time), "set a timer");
    check(bufferevent_enable(client->stream, EV_READ), "read");
    check(bufferevent_socket_connect(client->stream, to, (int)length), "connect");
}

void peer_demo(void)
{
    struct client *all = check_pointer(calloc((size_t)clients, sizeof *all), "start");
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int listener = listen_anywhere();

    make_base();
    check(getsockname(listener, (struct sockaddr *)&address, &length), "find the port");
    listen_with(listener, accepted);
    for (long i = 0; i < clients; i++) {
        if (i > 0 && i % CLIENTS_AT_ONCE == 0)
            check(event_base_loop(base, EVLOOP_NONBLOCK), "run the loop");
        start_client(&all[i], (struct sockaddr *)&address, length);
    }
    check(event_base_dispatch(base), "run the loop");
}

/* ---- echo ---- */

/* So much may wait to be written; then no more is read. */
enum { MUCH = 64 * 1024 };

static void echo_readable(struct bufferevent *stream, void *argument)
{
    struct evbuffer *out = bufferevent_get_output(stream);

    (void)argument;
    check(evbuffer_add_buffer(out, bufferevent_get_input(stream)), "echo");
    if (evbuffer_get_length(out) > MUCH)
        check(bufferevent_disable(stream, EV_READ), "stop reading");
}

/* All is written. */
static void echo_written(struct bufferevent *stream, void *argument)
{
    (void)argument;
    check(bufferevent_enable(stream, EV_READ), "read on");
}

static void last_written(struct bufferevent *stream, void *argument)
{
    (void)argument;
    bufferevent_free(stream);
}

static void echo_event(struct bufferevent *stream, short events, void *argument)
{
    (void)argument;
    if ((events & BEV_EVENT_ERROR) != 0 ||
        evbuffer_get_length(bufferevent_get_output(stream)) == 0)
        bufferevent_free(stream);
    else
        bufferevent_setcb(stream, NULL, last_written, echo_event, NULL);
}

static void accepted_echo(struct evconnlistener *listener, evutil_socket_t fd,
                          struct sockaddr *from, int length, void *argument)
{
    struct bufferevent *echo = stream(fd);

    (void)listener;
    (void)from;
    (void)length;
    (void)argument;
    bufferevent_setcb(echo, echo_readable, echo_written, echo_event, NULL);
    check(bufferevent_enable(echo, EV_READ), "read");
}

void peer_echo(int listener)
{
    make_base();
    listen_with(listener, accepted_echo);
    check(event_base_dispatch(base), "run the loop");
}

/* ---- copy ---- */

static struct bufferevent *copier_in;
static struct bufferevent *copier_out;
static bool copier_at_end;

static void send_more(struct bufferevent *stream, void *argument)
{
    size_t length;
    const char *bytes = next_piece(&length);

    (void)argument;
    if (length == 0)
        bufferevent_free(stream);
    else
        check(bufferevent_write(stream, bytes, length), "send");
}

static void copy_in(struct bufferevent *stream, void *argument)
{
    struct evbuffer *out = bufferevent_get_output(copier_out);

    (void)argument;
    check(evbuffer_add_buffer(out, bufferevent_get_input(stream)), "copy");
    if (evbuffer_get_length(out) >= buffer_size)
        check(bufferevent_disable(stream, EV_READ), "stop reading");
}

static void copied(struct bufferevent *stream, void *argument)
{
    (void)argument;
    if (copier_at_end)
        bufferevent_free(stream);
    else
        check(bufferevent_enable(copier_in, EV_READ), "read on");
}

static void copier_event(struct bufferevent *stream, short events, void *argument)
{
    (void)argument;
    if ((events & BEV_EVENT_ERROR) != 0)
        die("read");
    bufferevent_free(stream);
    copier_at_end = true;
    if (evbuffer_get_length(bufferevent_get_output(copier_out)) == 0)
        bufferevent_free(copier_out);
}

static void receive(struct bufferevent *stream, void *buffer)
{
    size_t n;

    while ((n = bufferevent_read(stream, buffer, buffer_size)) > 0)
        piece_arrived(buffer, n);
}

static void receiver_event(struct bufferevent *stream, short events, void *argument)
{
    (void)argument;
    if ((events & BEV_EVENT_ERROR) != 0)
        die("read");
    bufferevent_free(stream);
}

void peer_copy(void)
{
    char *buffer = check_pointer(malloc(buffer_size), "make a buffer");

    make_base();
    struct bufferevent *sender = stream(ends.sender);
    struct bufferevent *receiver = stream(ends.receiver);
    copier_in = stream(ends.copier_in);
    copier_out = stream(ends.copier_out);
    bufferevent_setcb(sender, NULL, send_more, NULL, NULL);
    bufferevent_setcb(copier_in, copy_in, NULL, copier_event, NULL);
    bufferevent_setcb(copier_out, NULL, copied, NULL, NULL);
    bufferevent_setcb(receiver, receive, NULL, receiver_event, buffer);
    check(bufferevent_enable(copier_in, EV_READ), "read");
    check(bufferevent_enable(receiver, EV_READ), "read");
    send_more(sender, NULL);
    check(event_base_dispatch(base), "run the loop");
    free(buffer);
}
