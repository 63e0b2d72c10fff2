/* main() of stages 3, 4 and 5: the same object file in all three. */
#include "app/async_copy.h"
#include "app/client.h"
#include "app/net.h"
#include "app/options.h"
#include "app/resolve.h"
#include "app/response.h"
#include "app/running.h"
#include "app/server.h"
#include "app/stop_signal.h"
#include "core/message.h"
#include "core/reactor.h"
#include "core/system.h"
#include "core/task.h"
#include "view/view.h"

#include <stdlib.h>
#include <string.h>

static struct options options;

/* ---- demo and client: run the clients, wait for all of them ---- */

/* After so many connects the server may accept. In one go, thousands of clients would
 * connect before its first accept, and overflow the listener's queue. Two such batches
 * can be in it; of a server elsewhere we assume that it holds 128. */
static long clients_at_once(void)
{
    enum { POLITE = 250 }; /* not all at once, however long the queue is */
    long backlog = options.mode == DEMO ? net_backlog() : 128;

    if (backlog / 2 > POLITE)
        return POLITE;
    return backlog / 2 > 4 ? backlog / 2 - 4 : 1;
}

struct async_main {
    struct future future;
    enum { RESOLVING, SPAWNING, YIELDING, JOINING } state;
    struct addrinfo *addresses;
    struct task **clients; /* all that were spawned */
    long spawned;
    long at_once;
    long joined;
    union { /* one state, one wait */
        struct resolve resolve;
        struct yield_now yield;
        struct join_task join;
    };
};

static void start_spawning(struct async_main *self)
{
    if (self->resolve.why_not != NULL)
        net_host_not_found(self->resolve.host, self->resolve.why_not);
    self->addresses = self->resolve.addresses;
    self->clients = allocate((size_t)options.clients, sizeof *self->clients);
    self->state = SPAWNING;
}

static void spawn_some(struct async_main *self)
{
    for (long n = 0; n < self->at_once && self->spawned < options.clients; n++) {
        struct future *client = client_main(self->addresses, &options);
        self->clients[self->spawned] = spawn(client, "client", self->spawned + 1);
        self->spawned++;
    }
    self->yield = yield_now();
    self->state = YIELDING;
}

static void join_next(struct async_main *self)
{
    self->join = join_task(self->clients[self->joined++]);
    self->state = JOINING;
}

static enum poll_result async_main_poll(struct future *future, struct context *cx)
{
    struct async_main *self = container_of(future, struct async_main, future);

    for (;;) {
        switch (self->state) {
        case RESOLVING:
            if (future_poll(&self->resolve.future, cx) == PENDING)
                return PENDING;
            start_spawning(self);
            break;
        case SPAWNING:
            spawn_some(self);
            break;
        case YIELDING:
            if (future_poll(&self->yield.future, cx) == PENDING)
                return PENDING;
            if (self->spawned < options.clients)
                self->state = SPAWNING;
            else
                join_next(self);
            break;
        case JOINING:
            if (future_poll(&self->join.future, cx) == PENDING)
                return PENDING;
            if (self->joined == options.clients)
                return READY;
            join_next(self);
            break;
        }
    }
}

static void run_clients(const char *host, int port)
{
    struct async_main self = {
        .future = {async_main_poll, NULL},
        .state = RESOLVING,
        .at_once = clients_at_once(),
    };

    self.resolve = resolve(host, port);
    block_on(&self.future);
    freeaddrinfo(self.addresses);
    free(self.clients);
}

/* ---- serve: until a signal comes, and the last response is given ---- */

struct serve_main {
    struct future future;
    enum { SERVING, FINISHING } state;
    struct task *server;
    union { /* one state, one wait */
        struct read_some stop;
        struct all_answered all_answered;
    };
};

static enum poll_result serve_main_poll(struct future *future, struct context *cx)
{
    struct serve_main *self = container_of(future, struct serve_main, future);

    for (;;) {
        switch (self->state) {
        case SERVING:
            if (future_poll(&self->stop.future, cx) == PENDING)
                return PENDING;
            task_cancel(self->server); /* drops it, which closes the listener */
            if (options.echo)
                return READY; /* a client might never hang up: block_on cancels them */
            waits_for_responses(responses_running());
            self->all_answered = all_answered();
            self->state = FINISHING;
            break;
        case FINISHING:
            return future_poll(&self->all_answered.future, cx);
        }
    }
}

/* ---- the modes ---- */

static int listen_nonblocking(void)
{
    int listener = net_listen(options.host, options.port);
    int error = set_nonblocking(listener);

    if (error != 0)
        fail("cannot make the listener non-blocking: %s", strerror(-error));
    return listener;
}

static void demo(void)
{
    net_need_descriptors(options.clients, 2);
    int listener = listen_nonblocking();
    task_detach(spawn(server_main(listener, &options), "server", 0));
    run_clients(options.host, net_port(listener));
}

static void serve(void)
{
    struct serve_main self = {.future = {serve_main_poll, NULL}, .state = SERVING};
    net_take_descriptors();
    int listener = listen_nonblocking();

    self.stop = stop_signal();
    self.server = spawn(server_main(listener, &options), "server", 0);
    net_say_listening(listener);
    block_on(&self.future);
}

static void client(void)
{
    net_need_descriptors(options.clients, 1);
    run_clients(options.host, options.port);
}

int main(int argc, char **argv)
{
    net_prepare();
    options = options_parse(argc, argv);
    view_start(&options);
    reactor_init(options.second_choice);

    if (options.mode == DEMO)
        demo();
    else if (options.mode == SERVE)
        serve();
    else if (options.mode == CLIENT)
        client();
    else
        async_copy(&options);
    return view_end(&options);
}
