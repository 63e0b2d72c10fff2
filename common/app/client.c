#include "app/client.h"

#include "app/answer.h"
#include "core/combine.h"
#include "core/io.h"
#include "core/message.h"
#include "core/system.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

struct client_main {
    struct future future;
    enum { CONNECTING, SENDING, READING, DONE } state;
    int fd; /* ours to close, once we are connected */
    const struct options *options;
    struct answer answer;
    union { /* one state, one wait; timeout points to it */
        struct {
            struct connect_to connect;
            const struct addrinfo *address; /* that we try */
        };
        struct write_all write;
        struct read_some read;
    };
    struct timeout timeout;
};

static void start_connecting(struct client_main *self, const struct addrinfo *address)
{
    self->address = address;
    self->connect = connect_to(address->ai_addr, address->ai_addrlen);
    self->timeout = timeout(&self->connect.future, self->options->timeout);
    self->state = CONNECTING;
}

static void start_sending(struct client_main *self)
{
    const char *message = self->options->message;

    self->write = write_all(self->fd, message, strlen(message));
    self->timeout = timeout(&self->write.future, self->options->timeout);
    self->state = SENDING;
}

static void start_reading(struct client_main *self)
{
    struct answer *answer = &self->answer;

    self->read = read_some(self->fd, answer->bytes + answer->length,
                           sizeof answer->bytes - answer->length);
    self->timeout = timeout(&self->read.future, self->options->timeout);
    self->state = READING;
}

static void client_main_drop(struct future *future)
{
    struct client_main *self = container_of(future, struct client_main, future);

    if (self->state != DONE)
        future_drop(&self->timeout.future);
    if (self->state == SENDING || self->state == READING)
        forget_and_close(self->fd);
    self->state = DONE;
}

static enum poll_result client_main_ended(struct client_main *self)
{
    client_main_drop(&self->future);
    return READY;
}

/* Returns whether the client goes on. */
static bool connected(struct client_main *self)
{
    bool in_time = self->timeout.result == 0;
    ssize_t result = in_time ? self->connect.result : -GAVE_UP;

    if (result >= 0) {
        self->fd = (int)result;
        if (self->options->message != NULL)
            start_sending(self);
        else
            start_reading(self);
        return true;
    }
    if (self->address->ai_next != NULL) {
        start_connecting(self, self->address->ai_next);
        return true;
    }
    failed_to_connect(self->address, (int)-result, self->options->timeout);
    return false;
}

/* Returns whether the client goes on. */
static bool sent(struct client_main *self)
{
    bool in_time = self->timeout.result == 0;
    ssize_t error = in_time ? self->write.result : -GAVE_UP;

    if (error == 0 && shutdown(self->fd, SHUT_WR) != 0)
        error = -errno;
    if (error < 0)
        failed_to_send((int)-error, self->options->timeout);
    else
        start_reading(self);
    return error == 0;
}

/* Returns whether the client goes on. */
static bool received(struct client_main *self)
{
    bool in_time = self->timeout.result == 0;
    ssize_t n = in_time ? self->read.result : -GAVE_UP;

    if (n < 0) {
        failed_to_read((int)-n, self->options->timeout);
        return false;
    }
    int error = answer_received(&self->answer, (size_t)n);
    if (error < 0)
        failed_to_print(-error);
    else if (n == 0)
        answer_ended(&self->answer);
    else
        start_reading(self);
    return error == 0 && n > 0;
}

/* After so many steps the others have their turn: a server that sends without end must
 * not keep us here for ever. Tasks that share a thread must be polite. */
enum { STEPS_AT_ONCE = 100 };

static enum poll_result client_main_poll(struct future *future, struct context *cx)
{
    struct client_main *self = container_of(future, struct client_main, future);

    for (int steps = 0; steps < STEPS_AT_ONCE; steps++) {
        switch (self->state) {
        case CONNECTING:
            if (future_poll(&self->timeout.future, cx) == PENDING)
                return PENDING;
            if (!connected(self))
                return client_main_ended(self);
            break;
        case SENDING:
            if (future_poll(&self->timeout.future, cx) == PENDING)
                return PENDING;
            if (!sent(self))
                return client_main_ended(self);
            break;
        case READING:
            if (future_poll(&self->timeout.future, cx) == PENDING)
                return PENDING;
            if (!received(self))
                return client_main_ended(self);
            break;
        case DONE:
            return READY;
        }
    }
    wake(cx->waker);
    return PENDING;
}

struct future *client_main(const struct addrinfo *addresses,
                           const struct options *options)
{
    struct client_main *self = allocate(1, sizeof *self);

    *self = (struct client_main){
        .future = {client_main_poll, client_main_drop},
        .options = options,
        .answer = {.expected = options->message},
    };
    start_connecting(self, addresses);
    return &self->future;
}
