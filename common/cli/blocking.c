#include "cli/blocking.h"

#include "base/trace.h"
#include "cli/answer.h"
#include "cli/net.h"
#include "cli/response.h"
#include "cli/run.h"
#include "cli/stop.h"
#include "cli/tally.h"
#include "cli/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options options;
static struct addrinfo *addresses; /* of the server, for the clients */
static int listener;
static void (*server_main)(int listener, const struct options *options);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_has_ended = PTHREAD_COND_INITIALIZER;
static bool stopping; /* lock must be held when using it, or when a response starts */

static void close_descriptor(int fd)
{
    trace(OS_CALL, .word = "close", .fd = fd); /* before: the next may get its number */
    close(fd);
}

/* Of a call that blocks, and returns its errno: as `called` wants it. */
static int as_a_system_call(int error)
{
    errno = error;
    return error == 0 ? 0 : -1;
}

/* ---- what the servers use ---- */

bool send_line(int fd, const char *word, long number)
{
    char line[RESPONSE_LINE];
    size_t length = response_line(line, word, number);

    return write_blocking(fd, line, length) == 0;
}

void echo_back(int fd)
{
    char buffer[ECHO_BUFFER];
    int error = 0;
    ssize_t n = 1;

    while (n > 0 && error == 0) {
        n = read_blocking(fd, buffer, sizeof buffer);
        if (n > 0)
            error = write_blocking(fd, buffer, (size_t)n);
    }
    hang_up(fd, n == 0);
}

void hang_up(int fd, bool whole)
{
    set_nonblocking(fd); /* so that discard_input does not wait */
    discard_input(fd);
    close_descriptor(fd);
    pthread_mutex_lock(&lock);
    response_ends(whole);
    pthread_cond_signal(&one_has_ended);
    pthread_mutex_unlock(&lock);
}

/* Returns whether the response may start. */
static bool may_start(void)
{
    pthread_mutex_lock(&lock);
    bool may = !stopping;
    if (may)
        response_starts();
    pthread_mutex_unlock(&lock);
    return may;
}

int accept_client(int listener_fd)
{
    for (;;) {
        int fd = (int)called("accept", listener_fd, accept(listener_fd, NULL, NULL));
        if (fd >= 0 && may_start())
            return fd;
        if (fd >= 0)
            close_descriptor(fd);
        else if (fd != -EINTR && fd != -ECONNABORTED && fd != -EPROTO) {
            accept_failed(-fd);
            sleep_blocking(ACCEPT_PAUSE);
        }
    }
}

/* ---- one client: all of it by its deadline ---- */

/* Tries one address after the other. Returns a connection, or -1, and has counted it. */
static int connect_client(int64_t deadline)
{
    int error = 0;
    const struct addrinfo *address = NULL; /* that was tried last */

    for (struct addrinfo *a = addresses; a != NULL && error != -EAGAIN; a = a->ai_next) {
        int fd = (int)called("socket", 0, socket(a->ai_family, SOCK_STREAM, 0));
        error = fd < 0 ? fd : connect_by(fd, a, deadline);
        if (error == 0)
            return fd;
        if (fd >= 0)
            close_descriptor(fd);
        address = a;
    }
    if (error == -EAGAIN)
        gave_up_connecting(address, options.timeout);
    else
        failed_to_connect(address, -error);
    return -1;
}

static void receive_answer(int fd, int64_t deadline)
{
    enum { LATE_READS = 16 }; /* what is there counts; but it may be without end */
    struct answer answer = {.length = 0};
    int late = 0;
    ssize_t n;

    do {
        n = read_by(fd, answer.bytes + answer.length, sizeof answer.bytes - answer.length,
                    deadline);
        int error = n < 0 ? 0 : answer_received(&answer, (size_t)n);
        if (error < 0) {
            failed_to_print(-error);
            return;
        }
    } while (n > 0 && (now_ns() < deadline || ++late < LATE_READS));
    if (n == 0)
        answer_ended(&answer);
    else if (n > 0 || n == -EAGAIN)
        gave_up_reading(options.timeout);
    else
        failed_to_read((int)-n);
}

struct client {
    pthread_t thread;
    long number;
};

static void *client_thread(void *argument)
{
    const struct client *self = argument;
    int64_t deadline = now_ns() + options.timeout;

    thread_began("client", self->number);
    int fd = connect_client(deadline);
    if (fd >= 0) {
        receive_answer(fd, deadline);
        close_descriptor(fd);
    }
    thread_ended();
    return NULL;
}

static void join_client(const struct client *client)
{
    trace(OS_START, .word = "pthread_join");
    called("pthread_join", 0, as_a_system_call(pthread_join(client->thread, NULL)));
}

static void run_clients(const char *host, int port)
{
    struct client *clients = allocate((size_t)options.clients, sizeof *clients);
    long started = 0;

    net_need_descriptors(options.clients, options.mode == DEMO ? 2 : 1);
    addresses = net_find(host, port);
    for (long number = 1; number <= options.clients; number++) {
        struct client *client = &clients[started];
        client->number = number;
        int error = thread_start(&client->thread, client_thread, client);
        if (error == 0)
            started++;
        else
            client_failed("cannot start a thread for client %ld: %s; %ld threads run; "
                          "%s, or take fewer clients",
                          number, strerror(error), thread_count(), thread_advice(error));
    }
    for (long i = 0; i < started; i++)
        join_client(&clients[i]);
    free(clients);
    freeaddrinfo(addresses);
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
    int error = thread_start(NULL, server_thread, NULL);

    if (error != 0)
        fail("cannot start the server's thread: %s; %s", strerror(error),
             thread_advice(error));
}

/* The server's thread stays in accept, and ends with the program; as do echoes, whose
 * clients might never hang up. */
static void stop_server(void)
{
    pthread_mutex_lock(&lock);
    stopping = true;
    if (!options.echo)
        say_waits_for_responses();
    while (responses_running() > 0 && !options.echo) {
        trace(OS_START, .word = "pthread_cond_wait");
        called("pthread_cond_wait", 0,
               as_a_system_call(pthread_cond_wait(&one_has_ended, &lock)));
    }
    pthread_mutex_unlock(&lock);
}

/* ---- the modes ---- */

static void demo(void)
{
    listener = net_listen(options.host, options.port);
    start_server();
    run_clients(options.host, net_port(listener));
}

static void serve(void)
{
    char byte;
    int stop = stop_descriptor();

    net_take_descriptors();
    listener = net_listen(options.host, options.port);
    net_say_listening(listener);
    start_server();
    read_blocking(stop, &byte, 1);
    stop_server();
}

int blocking_main(int argc, char **argv, struct stage stage,
                  void (*server)(int listener, const struct options *options))
{
    options = run_starts(argc, argv, stage);
    threads_show_on_quit();
    thread_began("main", 0);
    server_main = server;
    if (options.mode == DEMO)
        demo();
    else if (options.mode == SERVE)
        serve();
    else
        run_clients(options.host, options.port);
    return run_ends(&options);
}
