/* Futures made of other futures. */
#include "core.h"

#include <stdlib.h>

/* ---- either ---- */

static void either_drop(struct future *future)
{
    struct either *self = container_of(future, struct either, future);

    future_drop(self->first);
    future_drop(self->second);
}

static enum poll_result either_poll(struct future *future, struct context *cx)
{
    struct either *self = container_of(future, struct either, future);

    self->first_won = future_poll(self->first, cx) == READY;
    if (!self->first_won && future_poll(self->second, cx) == PENDING)
        return PENDING; /* and whoever is ready first wakes us */
    either_drop(future);
    return ready("either", 0, 0);
}

struct either either(struct future *first, struct future *second)
{
    return (struct either){{either_poll, either_drop}, first, second, false};
}

/* ---- and_then ---- */

static void and_then_drop(struct future *future)
{
    struct and_then *self = container_of(future, struct and_then, future);

    future_drop(self->first);
    future_drop(self->second);
}

static enum poll_result and_then_poll(struct future *future, struct context *cx)
{
    struct and_then *self = container_of(future, struct and_then, future);

    if (self->second == NULL) {
        if (future_poll(self->first, cx) == PENDING)
            return PENDING;
        self->second = self->next(self->argument); /* which is polled at once */
    }
    return future_poll(self->second, cx);
}

struct and_then and_then(struct future *first, struct future *(*next)(void *argument),
                         void *argument)
{
    return (struct and_then){{and_then_poll, and_then_drop}, first, next, argument, NULL};
}

/* ---- join_all ---- */

static void spawn_children(struct join_all *self)
{
    self->tasks = allocate(self->count + 1, sizeof *self->tasks); /* + 1: never none */
    for (size_t i = 0; i < self->count; i++)
        self->tasks[i] = spawn(self->children[i], "child", (long)i + 1);
    self->children = NULL; /* their tasks drop and free them */
}

static void join_all_drop(struct future *future)
{
    struct join_all *self = container_of(future, struct join_all, future);

    for (size_t i = 0; self->children != NULL && i < self->count; i++) {
        future_drop(self->children[i]);
        free(self->children[i]);
    }
    for (size_t i = 0; self->tasks != NULL && i < self->count; i++)
        cancel(self->tasks[i]);
    free(self->tasks);
    self->children = NULL;
    self->tasks = NULL;
}

/* Waits for one after the other; who has ended meanwhile is READY when we come to it. So
 * each of them wakes us at most once. */
static enum poll_result join_all_poll(struct future *future, struct context *cx)
{
    struct join_all *self = container_of(future, struct join_all, future);

    if (self->children != NULL)
        spawn_children(self);
    for (; self->joined < self->count; self->joined++) {
        struct join_task join = join_task(self->tasks[self->joined]);
        if (future_poll(&join.future, cx) == PENDING)
            return PENDING;
    }
    join_all_drop(future);
    return ready("join_all", 0, 0);
}

struct join_all join_all(struct future **children, size_t count)
{
    return (struct join_all){{join_all_poll, join_all_drop}, children, NULL, count, 0};
}

/* ---- copy_all: read_some, write_all, read_some, ... ---- */

static enum poll_result copy_all_poll(struct future *future, struct context *cx)
{
    struct copy_all *self = container_of(future, struct copy_all, future);
    bool is_empty = false; /* a read in this poll has got less than it asked for */

    for (;;) {
        if (future_poll(&self->operation.future, cx) == PENDING)
            return PENDING;
        ssize_t n = self->operation.result;
        if (n < 0 || (n == 0 && self->state == COPY_READING)) {
            self->result = n;
            return ready("copy_all", self->from, n);
        }
        if (self->state == COPY_READING) {
            is_empty = (size_t)n < self->size;
            self->operation = write_all(self->to, self->buffer, (size_t)n);
            self->state = COPY_WRITING;
        } else {
            self->operation = read_some(self->from, self->buffer, self->size);
            self->operation.waits_first = is_empty;
            self->state = COPY_READING;
        }
    }
}

static void copy_all_drop(struct future *future)
{
    future_drop(&container_of(future, struct copy_all, future)->operation.future);
}

struct copy_all copy_all(int from, int to, char *buffer, size_t size)
{
    struct future future = {copy_all_poll, copy_all_drop};
    struct operation io = read_some(from, buffer, size);

    return (struct copy_all){future, COPY_READING, from, to, buffer, size, io, io.result};
}
