/* Tasks that wait for a future of one's own: ring [CALLERS [hand]]. Main rings a bell for
 * each of them, again and again, as long as any bell has a waker. With `hand` the first
 * poll is that of another task, which ends then. */
#include "third_poll.h"

#include "../lab.h"

#include <stdlib.h>

enum { MOST_CALLERS = 50, RINGS = 20 };

static struct bell bells[MOST_CALLERS];
static struct third_poll thirds[MOST_CALLERS];
static int polls[MOST_CALLERS]; /* until it was READY; of both tasks */
static bool is_ready[MOST_CALLERS];

void bell_keeps(struct bell *bell, struct waker waker)
{
    bell->waker = waker;
}

/* Returns whether it had a waker. */
static bool bell_rings(struct bell *bell)
{
    struct waker waker = bell->waker;

    bell->waker = (struct waker){0}; /* it is woken once */
    wake(waker);
    return waker.generation != 0;
}

/* ---- the tasks ---- */

struct caller {
    struct future future;
    struct waker before; /* who polls first; nobody: we do */
    int place;
    bool only_once;
};

static enum poll_result caller_poll(struct future *future, struct context *cx)
{
    struct caller *self = container_of(future, struct caller, future);
    struct join_task join = join_task(self->before);

    if (future_poll(&join.future, cx) == PENDING)
        return PENDING;
    polls[self->place]++;
    is_ready[self->place] = future_poll(&thirds[self->place].future, cx) == READY;
    return is_ready[self->place] || self->only_once ? READY : PENDING;
}

static struct waker spawn_caller(int place, bool only_once, struct waker before)
{
    struct caller *self = allocate(1, sizeof *self);

    *self = (struct caller){{caller_poll, NULL}, before, place, only_once};
    return spawn(&self->future, only_once ? "first" : "caller", place + 1);
}

struct ring_main {
    struct future future;
    enum { RINGING, JOINING } state;
    int callers;
    int rings;
    int joined;
    struct waker tasks[MOST_CALLERS];
    struct sleep_for sleep;
};

/* Returns whether anybody heard one. */
static bool ring_all(struct ring_main *self)
{
    bool was_heard = false;

    for (int i = 0; i < self->callers; i++)
        was_heard = bell_rings(&bells[i]) || was_heard;
    return was_heard && ++self->rings < RINGS;
}

static enum poll_result ring_main_poll(struct future *future, struct context *cx)
{
    struct ring_main *self = container_of(future, struct ring_main, future);

    while (self->state == RINGING) {
        if (future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        self->sleep = sleep_for(2 * NS_PER_MS);
        if (!ring_all(self))
            self->state = JOINING;
    }
    for (; self->joined < self->callers; self->joined++) {
        struct join_task join = join_task(self->tasks[self->joined]);
        if (future_poll(&join.future, cx) == PENDING)
            return PENDING;
    }
    return READY;
}

int main(int argc, char **argv)
{
    lab_start("ring", &argc, argv);
    struct ring_main self = {
        .future = {ring_main_poll, NULL},
        .callers = (int)lab_number(argc, argv, 1, 2, 1, MOST_CALLERS),
    };

    for (int i = 0; i < self.callers; i++) {
        struct waker first = {0};
        thirds[i] = third_poll(&bells[i]);
        if (argc > 2)
            first = spawn_caller(i, true, first);
        self.tasks[i] = spawn_caller(i, false, first);
    }
    self.sleep = sleep_for(2 * NS_PER_MS);
    block_on(&self.future);
    for (int i = 0; i < self.callers; i++)
        message("third_poll %d: %s at poll %d", i + 1, is_ready[i] ? "READY" : "PENDING",
                polls[i]);
    return lab_end();
}
