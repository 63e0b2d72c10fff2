/* The server: a task that accepts, and a task for each response. */
#include "program.h"

#include "cli/response.h"

static struct waker waiter; /* for the last response to end */

void wake_when_all_are_answered(struct waker waker)
{
    waiter = waker;
}

static void hang_up(int fd, bool whole)
{
    discard_input(fd); /* else the close resets, and our last line may be lost */
    forget_and_close(fd);
    response_ends(whole);
    if (responses_running() == 0)
        wake(waiter);
}

/* ---- one response: write the start line, wait, write the end line, close ---- */

struct one_response {
    struct future future;
    enum { WRITING_START, SLEEPING, WRITING_END } state;
    int fd; /* ours to close; -1: closed */
    long number;
    char line[RESPONSE_LINE];   /* outlives a wait, so it lives here */
    union {                     /* one state, one wait */
        struct operation write; /* points into line: why we must stay put */
        struct sleep_for sleep;
    };
};

static struct operation say(struct one_response *self, const char *word)
{
    size_t length = response_line(self->line, word, self->number);

    return write_all(self->fd, self->line, length);
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
                return READY;
            self->sleep = sleep_for(options.delay); /* write is done: reuse its memory */
            self->state = SLEEPING;
            continue;
        case SLEEPING:
            if (future_poll(&self->sleep.future, cx) == PENDING)
                return PENDING;
            self->write = say(self, "end");
            self->state = WRITING_END;
            continue;
        case WRITING_END:
            return future_poll(&self->write.future, cx);
        }
    }
}

/* Done or cancelled, it ends here: the executor drops what is READY. */
static void one_response_drop(struct future *future)
{
    struct one_response *self = container_of(future, struct one_response, future);

    if (self->fd < 0)
        return;
    future_drop(self->state == SLEEPING ? &self->sleep.future : &self->write.future);
    hang_up(self->fd, self->state == WRITING_END && self->write.result == 0);
    self->fd = -1; /* a second drop does nothing */
}

static struct future *one_response(int fd, long number)
{
    struct one_response *self = allocate(1, sizeof *self);

    self->future = (struct future){one_response_poll, one_response_drop};
    self->fd = fd;
    self->number = number;
    self->write = say(self, "start");
    return &self->future;
}

/* ---- one echo: send back what comes, until the client half-closes ---- */

struct one_echo {
    struct future future;
    int fd; /* ours to close; -1: closed */
    struct copy_all copy;
    char buffer[ECHO_BUFFER];
};

static enum poll_result one_echo_poll(struct future *future, struct context *cx)
{
    return future_poll(&container_of(future, struct one_echo, future)->copy.future, cx);
}

static void one_echo_drop(struct future *future)
{
    struct one_echo *self = container_of(future, struct one_echo, future);

    if (self->fd < 0)
        return;
    future_drop(&self->copy.future);
    hang_up(self->fd, self->copy.result == 0);
    self->fd = -1; /* a second drop does nothing */
}

static struct future *one_echo(int fd)
{
    struct one_echo *self = allocate(1, sizeof *self);

    self->future = (struct future){one_echo_poll, one_echo_drop};
    self->fd = fd;
    self->copy = copy_all(fd, fd, self->buffer, sizeof self->buffer);
    return &self->future;
}

/* ---- the server: accept, spawn a response, repeat ---- */

struct server_main {
    struct future future;
    enum { ACCEPTING, PAUSING } state;
    int listener; /* ours to close; -1: closed */
    long number;  /* of the last client */
    union {       /* one state, one wait */
        struct operation accept;
        struct sleep_for pause;
    };
};

static void spawn_response(struct server_main *self, int fd)
{
    response_starts();
    self->number++;
    if (options.echo)
        spawn(one_echo(fd), "echo", self->number);
    else
        spawn(one_response(fd, self->number), "response", self->number);
}

static enum poll_result server_main_poll(struct future *future, struct context *cx)
{
    struct server_main *self = container_of(future, struct server_main, future);

    for (;;) {
        switch (self->state) {
        case ACCEPTING:
            if (future_poll(&self->accept.future, cx) == PENDING)
                return PENDING;
            if (self->accept.result >= 0) {
                spawn_response(self, (int)self->accept.result);
                self->accept = accept_one(self->listener);
                continue;
            }
            accept_failed((int)-self->accept.result);
            self->pause = sleep_for(ACCEPT_PAUSE);
            self->state = PAUSING;
            continue;
        case PAUSING:
            if (future_poll(&self->pause.future, cx) == PENDING)
                return PENDING;
            self->accept = accept_one(self->listener);
            self->state = ACCEPTING;
            continue;
        }
    }
}

static void server_main_drop(struct future *future)
{
    struct server_main *self = container_of(future, struct server_main, future);

    if (self->listener < 0)
        return;
    future_drop(self->state == PAUSING ? &self->pause.future : &self->accept.future);
    forget_and_close(self->listener);
    self->listener = -1;
}

struct future *server_main(int listener)
{
    struct server_main *self = allocate(1, sizeof *self);

    self->future = (struct future){server_main_poll, server_main_drop};
    self->listener = listener;
    self->accept = accept_one(listener);
    return &self->future;
}
