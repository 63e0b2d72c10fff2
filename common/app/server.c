#include "app/server.h"

#include "app/echo.h"
#include "app/response.h"
#include "app/running.h"
#include "core/io.h"
#include "core/message.h"
#include "core/system.h"
#include "core/task.h"
#include "core/timer.h"

#include <string.h>

/* ---- one response ---- */

/* Write the start line, wait, write the end line, close. */
struct one_response {
    struct future future;
    enum { WRITING_START, SLEEPING, WRITING_END, DONE } state;
    int fd; /* ours to close */
    long number;
    int64_t delay;
    char line[RESPONSE_LINE]; /* outlives a wait, so it lives here */
    union {                   /* one state, one wait */
        struct write_all write;
        struct sleep_for sleep;
    };
};

/* Points into self->line: one reason why a future must stay where it is. */
static struct write_all say(struct one_response *self, const char *word)
{
    size_t length = response_line(self->line, word, self->number);

    return write_all(self->fd, self->line, length);
}

static enum poll_result one_response_ended(struct one_response *self, bool whole)
{
    hang_up(self->fd, whole);
    self->state = DONE;
    return READY;
}

static enum poll_result one_response_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);

    for (;;) {
        switch (self->state) {
        case WRITING_START:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            if (self->write.result < 0)
                return one_response_ended(self, false);
            self->sleep = sleep_for(self->delay);
            self->state = SLEEPING;
            break;
        case SLEEPING:
            if (future_poll(&self->sleep.future, cx) == PENDING)
                return PENDING;
            self->write = say(self, "end");
            self->state = WRITING_END;
            break;
        case WRITING_END:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            return one_response_ended(self, self->write.result == 0);
        case DONE:
            return READY;
        }
    }
}

static void one_response_drop(struct future *future)
{
    struct one_response *self = container_of(future, struct one_response, future);

    if (self->state == SLEEPING)
        future_drop(&self->sleep.future);
    if (self->state == WRITING_START || self->state == WRITING_END)
        future_drop(&self->write.future);
    if (self->state != DONE)
        one_response_ended(self, false);
}

static struct future *one_response(int fd, long number, int64_t delay)
{
    struct one_response *self = allocate(1, sizeof *self);

    *self = (struct one_response){
        .future = {one_response_poll, one_response_drop},
        .state = WRITING_START,
        .fd = fd,
        .number = number,
        .delay = delay,
    };
    self->write = say(self, "start");
    return &self->future;
}

/* ---- the server ---- */

struct server_main {
    struct future future;
    enum { ACCEPTING, PAUSING } state;
    int listener; /* ours to close; -1: closed */
    long number;  /* of the next client */
    const struct options *options;
    union {
        struct accept_one accept;
        struct sleep_for pause;
    };
};

static void start_accepting(struct server_main *self)
{
    self->accept = accept_one(self->listener);
    self->state = ACCEPTING;
}

static void start_pause(struct server_main *self, int error)
{
    if (!accept_may_succeed_later(error))
        fail("cannot accept: %s", strerror(error));
    cannot_accept_now(error);
    self->pause = sleep_for(ACCEPT_PAUSE);
    self->state = PAUSING;
}

static void spawn_response(struct server_main *self, int fd)
{
    long number = self->number++;
    int64_t delay = self->options->delay;

    response_starts();
    if (self->options->echo)
        task_detach(spawn(one_echo(fd), "echo", number));
    else
        task_detach(spawn(one_response(fd, number, delay), "response", number));
}

/* After so many clients the others have their turn. */
enum { ACCEPTS_AT_ONCE = 1000 };

/* Accepts until that would block: an edge-triggered reactor reports a crowd only once. */
static enum poll_result server_main_poll(struct future *future, struct context *cx)
{
    struct server_main *self = container_of(future, struct server_main, future);

    for (int accepts = 0; accepts < ACCEPTS_AT_ONCE; accepts++) {
        switch (self->state) {
        case ACCEPTING:
            if (future_poll(&self->accept.future, cx) == PENDING)
                return PENDING;
            if (self->accept.result < 0) {
                start_pause(self, (int)-self->accept.result);
                break;
            }
            spawn_response(self, (int)self->accept.result);
            start_accepting(self);
            break;
        case PAUSING:
            if (future_poll(&self->pause.future, cx) == PENDING)
                return PENDING;
            start_accepting(self);
            break;
        }
    }
    wake(cx->waker);
    return PENDING;
}

static void server_main_drop(struct future *future)
{
    struct server_main *self = container_of(future, struct server_main, future);

    if (self->state == PAUSING)
        future_drop(&self->pause.future);
    else
        future_drop(&self->accept.future);
    if (self->listener >= 0)
        forget_and_close(self->listener);
    self->listener = -1;
}

struct future *server_main(int listener, const struct options *options)
{
    struct server_main *self = allocate(1, sizeof *self);

    *self = (struct server_main){
        .future = {server_main_poll, server_main_drop},
        .listener = listener,
        .number = 1,
        .options = options,
    };
    start_accepting(self);
    return &self->future;
}
