/* The client: connects, and prints what it reads until the end, within its time-out. */
#include "program.h"

#include "cli/answer.h"
#include "cli/net.h"

#include <errno.h>

/* What a client does: one address after the other, until one answers; then read. */
struct one_client {
    struct future future;
    enum { STARTING, CONNECTING, READING } state;
    int fd;                         /* ours to close; -1: there is none */
    const struct addrinfo *address; /* that we try */
    struct answer answer;
    struct operation operation; /* one state, one wait */
};

/* Returns 0 or -errno. */
static int start_connecting(struct one_client *self)
{
    const struct addrinfo *address = self->address;

    self->fd = (int)called("socket", 0, socket(address->ai_family, SOCK_STREAM, 0));
    if (self->fd < 0)
        return self->fd;
    set_nonblocking(self->fd);
    self->operation = connect_to(self->fd, address->ai_addr, address->ai_addrlen);
    self->state = CONNECTING;
    return 0;
}

static void start_reading(struct one_client *self)
{
    struct answer *answer = &self->answer;

    self->operation = read_some(self->fd, answer->bytes + answer->length,
                                sizeof answer->bytes - answer->length);
    self->state = READING;
}

static void one_client_drop(struct future *future)
{
    struct one_client *self = container_of(future, struct one_client, future);

    if (self->fd < 0)
        return;
    future_drop(&self->operation.future);
    forget_and_close(self->fd);
    self->fd = -1;
}

/* Returns whether the client goes on, with the next address. */
static bool goes_on_without(struct one_client *self, int error)
{
    one_client_drop(&self->future);
    if (self->address->ai_next == NULL) {
        failed_to_connect(self->address, error);
        return false;
    }
    self->address = self->address->ai_next;
    self->state = STARTING;
    return true;
}

/* Returns whether the client goes on. */
static bool connected(struct one_client *self, ssize_t error)
{
    if (error == 0 && net_is_itself(self->fd, self->address)) /* nobody listens there */
        error = -ECONNREFUSED;
    if (error < 0)
        return goes_on_without(self, (int)-error);
    start_reading(self);
    return true;
}

/* Returns whether the client goes on. */
static bool received(struct one_client *self, ssize_t n)
{
    int error = n < 0 ? 0 : answer_received(&self->answer, (size_t)n);

    if (n < 0)
        failed_to_read((int)-n);
    else if (error < 0)
        failed_to_print(-error);
    else if (n == 0)
        answer_ended(&self->answer);
    else
        start_reading(self);
    return n > 0 && error == 0;
}

static enum poll_result one_client_poll(struct future *future, struct context *cx)
{
    struct one_client *self = container_of(future, struct one_client, future);
    int error;

    for (;;) {
        switch (self->state) {
        case STARTING:
            error = start_connecting(self);
            if (error < 0 && !goes_on_without(self, -error))
                return READY;
            continue;
        case CONNECTING:
            if (future_poll(&self->operation.future, cx) == PENDING)
                return PENDING;
            if (!connected(self, self->operation.result))
                return READY;
            continue;
        case READING:
            if (future_poll(&self->operation.future, cx) == PENDING)
                return PENDING;
            if (!received(self, self->operation.result))
                return READY;
            continue;
        }
    }
}

/* The task: all that in --timeout seconds. */
struct client_main {
    struct future future;
    struct one_client client;
    struct timeout timeout; /* points to client */
};

static enum poll_result client_main_poll(struct future *future, struct context *cx)
{
    struct client_main *self = container_of(future, struct client_main, future);

    if (future_poll(&self->timeout.future, cx) == PENDING)
        return PENDING;
    if (self->timeout.result == 0)
        return READY;
    if (self->client.state == READING)
        gave_up_reading(options.timeout);
    else
        gave_up_connecting(self->client.address, options.timeout);
    return READY;
}

static void client_main_drop(struct future *future)
{
    future_drop(&container_of(future, struct client_main, future)->timeout.future);
}

struct future *client_main(const struct addrinfo *addresses)
{
    struct client_main *self = allocate(1, sizeof *self);

    self->future = (struct future){client_main_poll, client_main_drop};
    self->client = (struct one_client){
        .future = {one_client_poll, one_client_drop}, .fd = -1, .address = addresses};
    self->timeout = timeout(&self->client.future, options.timeout);
    return &self->future;
}
