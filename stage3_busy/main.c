/* Stages 3, 4 and 5: the same program, and the same object files, but for reactor.o. */
#include "program.h"

#include "cli/net.h"
#include "cli/response.h"
#include "cli/run.h"
#include "cli/stop.h"

#include <stdlib.h>

struct options options;

/* ---- demo and client: run the clients, wait for all of them ---- */

struct async_main {
    struct future future;
    const struct addrinfo *addresses;
    struct waker *clients; /* a handle of each that was spawned: see core.h */
    long spawned;
    long joined; /* so many of them */
};

/* Not all at once: thousands of clients would connect before the server's first accept,
 * and overflow the listener's queue. Everywhere it has room for two such batches. */
enum { BATCH = 60 };
static void spawn_some(struct async_main *self)
{
    long end = self->spawned + BATCH;

    for (; self->spawned < options.clients && self->spawned < end; self->spawned++) {
        struct future *client = client_main(self->addresses);
        self->clients[self->spawned] = spawn(client, "client", self->spawned + 1);
    }
}

static enum poll_result async_main_poll(struct future *future, struct context *cx)
{
    struct async_main *self = container_of(future, struct async_main, future);

    spawn_some(self);
    if (self->spawned < options.clients) {
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
    }
    for (; self->joined < options.clients; self->joined++) {
        struct join_task join = join_task(self->clients[self->joined]);
        if (future_poll(&join.future, cx) == PENDING)
            return PENDING; /* the next poll makes a new join: a join keeps nothing */
    }
    return READY;
}

static void run_clients(const char *host, int port)
{
    net_need_descriptors(options.clients, options.mode == DEMO ? 2 : 1);
    struct addrinfo *addresses = net_find(host, port);
    struct async_main self = {
        .future = {async_main_poll, NULL},
        .addresses = addresses,
        .clients = allocate((size_t)options.clients, sizeof *self.clients),
    };

    block_on(&self.future); /* the event loop */
    free(self.clients);
    freeaddrinfo(addresses);
}

/* ---- serve: until a signal comes, and the last response is given ---- */

struct serve_main {
    struct future future;
    enum { SERVING, FINISHING } state;
    struct waker server;
    char byte;
    struct operation stop; /* reads the byte that a signal handler writes: see stop.h */
};

static enum poll_result serve_main_poll(struct future *future, struct context *cx)
{
    struct serve_main *self = container_of(future, struct serve_main, future);

    if (self->state == SERVING) {
        if (future_poll(&self->stop.future, cx) == PENDING)
            return PENDING;
        cancel(self->server); /* drops it, which closes the listener */
        if (!options.echo)
            say_waits_for_responses();
        self->state = FINISHING;
    }
    if (options.echo || responses_running() == 0)
        return READY; /* a client of an echo might never hang up: block_on cancels it */
    wake_when_all_are_answered(cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "the last response");
}

/* ---- the modes ---- */

static void demo(void)
{
    int listener = net_listen(options.host, options.port);
    set_nonblocking(listener);
    spawn(server_main(listener), "server", 0); /* it runs when block_on does */
    run_clients(options.host, net_port(listener));
}

static void serve(void)
{
    struct serve_main self = {.future = {serve_main_poll, NULL}};
    int stop = stop_descriptor();

    net_take_descriptors();
    int listener = net_listen(options.host, options.port);
    set_nonblocking(listener);
    set_nonblocking(stop);
    self.server = spawn(server_main(listener), "server", 0);
    self.stop = read_some(stop, &self.byte, 1);
    net_say_listening(listener);
    block_on(&self.future); /* the event loop */
}

int main(int argc, char **argv)
{
    struct tables tables = {tasks_visit, timers_visit, reactor_visit, reactor_interrupt};

    options = run_starts(argc, argv, (struct stage){reactor_how, .tables = &tables});
    reactor_init(); /* the one that this stage was linked with */
    if (options.mode == DEMO)
        demo();
    else if (options.mode == SERVE)
        serve();
    else
        run_clients(options.host, options.port);
    return run_ends(&options);
}
