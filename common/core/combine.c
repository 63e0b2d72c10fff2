#include "core/combine.h"

#include "core/message.h"
#include "core/trace.h"

#include <errno.h>
#include <stdlib.h>

static enum poll_result ready(const char *name, int64_t result)
{
    trace(FUTURE_READY, NULL, name, -1, result);
    return READY;
}

/* ---- timeout ---- */

static void timeout_drop(struct future *future)
{
    struct timeout *self = container_of(future, struct timeout, future);

    future_drop(self->inner);
    future_drop(&self->sleep.future);
}

static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);

    if (future_poll(self->inner, cx) == READY) {
        future_drop(&self->sleep.future);
        self->result = 0;
        return READY; /* as inner has said in the log */
    }
    if (future_poll(&self->sleep.future, cx) == READY) {
        future_drop(self->inner);
        self->result = -ETIMEDOUT;
        return ready("timeout", -ETIMEDOUT);
    }
    return PENDING;
}

struct timeout timeout(struct future *inner, int64_t duration)
{
    return (struct timeout){
        .future = {timeout_poll, timeout_drop},
        .inner = inner,
        .sleep = sleep_for(duration),
    };
}

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
        return PENDING;
    future_drop(self->first_won ? self->second : self->first);
    return ready("either", 0);
}

struct either either(struct future *first, struct future *second)
{
    return (struct either){
        .future = {either_poll, either_drop},
        .first = first,
        .second = second,
    };
}

/* ---- and_then ---- */

static void and_then_drop(struct future *future)
{
    struct and_then *self = container_of(future, struct and_then, future);

    future_drop(self->first);
    if (self->second != NULL)
        future_drop(self->second);
}

static enum poll_result and_then_poll(struct future *future, struct context *cx)
{
    struct and_then *self = container_of(future, struct and_then, future);

    if (self->second == NULL) {
        if (future_poll(self->first, cx) == PENDING)
            return PENDING;
        self->second = self->next(self->argument);
    }
    return future_poll(self->second, cx);
}

struct and_then and_then(struct future *first, struct future *(*next)(void *argument),
                         void *argument)
{
    return (struct and_then){
        .future = {and_then_poll, and_then_drop},
        .first = first,
        .next = next,
        .argument = argument,
    };
}

/* ---- join_all ---- */

static void spawn_children(struct join_all *self)
{
    self->joins = allocate(self->count + 1, sizeof *self->joins); /* + 1: never none */
    for (size_t i = 0; i < self->count; i++)
        self->joins[i] = join_task(spawn(self->children[i], "child", (long)i + 1));
    self->children = NULL;
}

static void drop_children(struct join_all *self)
{
    for (size_t i = 0; i < self->count; i++) {
        future_drop(self->children[i]);
        free(self->children[i]);
    }
    self->children = NULL;
}

static void join_all_drop(struct future *future)
{
    struct join_all *self = container_of(future, struct join_all, future);

    if (self->children != NULL)
        drop_children(self);
    else
        for (size_t i = self->joined; i < self->count; i++)
            join_task_cancel(&self->joins[i]);
    free(self->joins);
    self->joins = NULL;
    self->joined = self->count; /* a second drop finds nothing to do */
}

/* Waits for one after the other; who has ended meanwhile is READY when we come to it. So
 * each of them wakes us at most once. */
static enum poll_result join_all_poll(struct future *future, struct context *cx)
{
    struct join_all *self = container_of(future, struct join_all, future);

    if (self->children != NULL)
        spawn_children(self);
    for (; self->joined < self->count; self->joined++)
        if (future_poll(&self->joins[self->joined].future, cx) == PENDING)
            return PENDING;
    join_all_drop(future);
    return ready("join_all", 0);
}

struct join_all join_all(struct future **children, size_t count)
{
    return (struct join_all){
        .future = {join_all_poll, join_all_drop},
        .children = children,
        .count = count,
    };
}
