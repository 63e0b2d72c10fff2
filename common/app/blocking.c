#include "app/blocking.h"

#include "app/answer.h"
#include "app/blocking_copy.h"
#include "app/net.h"
#include "app/options.h"
#include "app/response.h"
#include "app/stop.h"
#include "app/tally.h"
#include "app/thread.h"
#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"
#include "view/view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options options;
static struct addrinfo *addresses; /* of the server, for the clients */
static int listener;
static void (*server_main)(int listener, const struct options *options);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t last_has_ended = PTHREAD_COND_INITIALIZER;
/* lock must be held when using these: */
static long running; /* responses */
static bool stopping;

/* ---- what the servers use ---- */

bool send_line(int fd, const char *word, long number)
{
    char line[RESPONSE_LINE];
    size_t length = response_line(line, word, number);

    return write_blocking(fd, line, length) == 0;
}

void one_echo(int fd)
{
    char buffer[ECHO_BUFFER];

    hang_up(fd, copy_blocking(fd, fd, buffer, sizeof buffer) == 0);
}

/* Returns whether the response may start. */
static bool response_starts(void)
{
    pthread_mutex_lock(&lock);
    bool may_start = !stopping;
    running += may_start;
    pthread_mutex_unlock(&lock);
    if (may_start)
        count_response_started();
    return may_start;
}

void hang_up(int fd, bool whole)
{
    if (whole)
        count_response_completed();
    if (set_nonblocking(fd) == 0)
        discard_input(fd);
    close_descriptor(fd);
    pthread_mutex_lock(&lock);
    if (--running == 0)
        pthread_cond_signal(&last_has_ended);
    pthread_mutex_unlock(&lock);
}

int accept_client(int listener_fd)
{
    for (;;) {
        trace_start("accept", listener_fd);
        int fd = accept(listener_fd, NULL, NULL);
        trace_call("accept", listener_fd, fd);
        if (fd >= 0 && response_starts())
            return fd;
        if (fd >= 0)
            close_descriptor(fd);
        else if (accept_may_succeed_later(errno)) {
            cannot_accept_now(errno);
            sleep_blocking(ACCEPT_PAUSE);
        } else if (!accept_may_go_on(errno))
            fail("cannot accept: %s", strerror(errno));
    }
}

/* ---- one client ---- */

/* Interrupted, a connect goes on by itself, and must not be called again. */
static int wait_for_connection(int fd, int64_t deadline)
{
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;
    int n;

    do
        n = poll(&writable, 1, milliseconds_up(time_left(deadline)));
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n == 0 ? GAVE_UP : errno;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/* Returns 0, an errno or GAVE_UP. */
static int connect_by(int fd, const struct addrinfo *address, int64_t deadline)
{
    set_timeout(fd, SO_SNDTIMEO, deadline);
    trace_start("connect", fd);
    int result = connect(fd, address->ai_addr, address->ai_addrlen);
    trace_call("connect", fd, result);
    if (result == 0)
        return 0;
    if (errno == EINPROGRESS || would_block(errno))
        return GAVE_UP; /* which is how SO_SNDTIMEO says it */
    return errno == EINTR ? wait_for_connection(fd, deadline) : errno;
}

/* Tries one address after the other. Returns a connection, or -1, and has counted it. */
static int connect_client(void)
{
    int error = 0;
    const struct addrinfo *address = addresses;

    for (const struct addrinfo *a = addresses; a != NULL; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM, 0);
        trace_call("socket", -1, fd);
        error = fd < 0 ? errno : connect_by(fd, a, now_ns() + options.timeout);
        if (error == 0)
            return fd;
        if (fd >= 0)
            close_descriptor(fd);
        address = a;
    }
    failed_to_connect(address, error, options.timeout);
    return -1;
}

/* With --echo: sends the message, and no more. Returns whether that went well. */
static bool send_message(int fd)
{
    set_timeout(fd, SO_SNDTIMEO, now_ns() + options.timeout);
    int error = write_blocking(fd, options.message, strlen(options.message));
    if (error == 0 && shutdown(fd, SHUT_WR) != 0)
        error = -errno;
    if (error != 0)
        failed_to_send(-error, options.timeout);
    return error == 0;
}

static void receive_answer(int fd)
{
    struct answer answer = {.expected = options.message};
    ssize_t n;

    do {
        n = read_by(fd, answer.bytes + answer.length, sizeof answer.bytes - answer.length,
                    now_ns() + options.timeout);
        if (n < 0) {
            failed_to_read((int)-n, options.timeout);
            return;
        }
        int error = answer_received(&answer, (size_t)n);
        if (error != 0) {
            failed_to_print(-error);
            return;
        }
    } while (n > 0);
    answer_ended(&answer);
}

struct client {
    pthread_t thread;
    long number;
};

static void *client_main(void *argument)
{
    const struct client *self = argument;

    thread_began("client", self->number);
    int fd = connect_client();
    if (fd >= 0) {
        if (options.message == NULL || send_message(fd))
            receive_answer(fd);
        close_descriptor(fd);
    }
    thread_ended();
    return NULL;
}

static void join_client(const struct client *client)
{
    trace_start("pthread_join", -1);
    errno = pthread_join(client->thread, NULL);
    trace_call("pthread_join", -1, errno == 0 ? 0 : -1);
}

static void run_clients(void)
{
    struct client *clients = allocate((size_t)options.clients, sizeof *clients);
    long started = 0;

    for (long number = 1; number <= options.clients; number++) {
        struct client *client = &clients[started];
        client->number = number;
        int error = thread_start(&client->thread, SMALL_STACK, client_main, client);
        if (error == 0)
            started++;
        else
            client_failed("cannot start a thread for client %ld: %s; "
                          "%ld threads run. Raise ulimit -u, or take fewer clients",
                          number, strerror(error), thread_count());
    }
    for (long i = 0; i < started; i++)
        join_client(&clients[i]);
    free(clients);
}

/* ---- the server ---- */

static void *server_thread(void *unused)
{
    thread_began("server", 0);
    server_main(listener, &options); /* which does not come back */
    return unused;
}

static void start_server(void)
{
    int error = thread_start(NULL, 0, server_thread, NULL);

    if (error != 0)
        fail("cannot start the server's thread: %s; raise ulimit -u", strerror(error));
}

/* The server's thread stays in accept, and ends with the program; as do echoes, whose
 * clients might never hang up. */
static void stop_server(void)
{
    pthread_mutex_lock(&lock);
    stopping = true;
    if (!options.echo)
        waits_for_responses(running);
    while (running > 0 && !options.echo)
        pthread_cond_wait(&last_has_ended, &lock);
    pthread_mutex_unlock(&lock);
}

/* ---- the modes ---- */

static void find_server(const char *host, int port)
{
    const char *why_not = net_find(host, port, 0, &addresses);

    if (why_not != NULL)
        net_host_not_found(host, why_not);
}

static void demo(void)
{
    net_need_descriptors(options.clients, 2);
    listener = net_listen(options.host, options.port);
    find_server(options.host, net_port(listener));
    start_server();
    run_clients();
}

static void serve(void)
{
    char byte;
    int stop = stop_descriptor();

    net_take_descriptors();
    listener = net_listen(options.host, options.port);
    net_say_listening(listener);
    start_server();
    while (read(stop, &byte, 1) < 0 && errno == EINTR)
        ;
    stop_server();
}

static void client(void)
{
    net_need_descriptors(options.clients, 1);
    find_server(options.host, options.port);
    run_clients();
}

static _Noreturn void refuse_to_step(void)
{
    message("--step stops before each turn of an executor; here threads block, and the "
            "kernel is their executor. Try stage3, stage4 or stage5");
    exit(2);
}

int blocking_main(int argc, char **argv,
                  void (*server)(int listener, const struct options *options))
{
    net_prepare();
    options = options_parse(argc, argv);
    if (options.step)
        refuse_to_step();
    view_start(&options);
    thread_began("main", 0);
    server_main = server;

    if (options.mode == DEMO)
        demo();
    else if (options.mode == SERVE)
        serve();
    else if (options.mode == CLIENT)
        client();
    else
        blocking_copy(&options);

    if (addresses != NULL)
        freeaddrinfo(addresses);
    return view_end(&options);
}
