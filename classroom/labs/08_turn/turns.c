/* What an executor has to get right: turns WHAT [COUNT].
 *
 *     again   COUNT tasks, each of which wakes itself COUNT times, in its own poll
 *     stale   COUNT times: a task ends, another is spawned, which waits for nothing; and
 *             then the waker of the first one is used
 *     queued  COUNT times: a task is woken, and before its turn it is cancelled; then
 *             another is spawned
 *     join    main waits for the end of COUNT tasks, one after the other, which sleep;
 *             then for the end of one that is cancelled */
#include "../lab.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 100 };

/* ---- tasks ---- */

/* Wakes itself so often, each time in the middle of its poll; then it is READY. */
struct again {
    struct future future;
    int64_t left;
};

static enum poll_result again_poll(struct future *future, struct context *cx)
{
    struct again *self = container_of(future, struct again, future);

    if (self->left-- == 0)
        return READY;
    wake(cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
}

static void spawn_again(long number, int64_t times)
{
    struct again *self = allocate(1, sizeof *self);

    *self = (struct again){{again_poll, NULL}, times};
    spawn(&self->future, "again", number);
}

/* READY when it is polled for the first time; its drop tries to wake it. */
struct short_life {
    struct future future;
    struct waker waker;
};

static enum poll_result short_life_poll(struct future *future, struct context *cx)
{
    container_of(future, struct short_life, future)->waker = cx->waker;
    return READY;
}

static void short_life_drop(struct future *future)
{
    wake(container_of(future, struct short_life, future)->waker);
}

static struct waker spawn_short_life(long number)
{
    struct short_life *self = allocate(1, sizeof *self);

    self->future = (struct future){short_life_poll, short_life_drop};
    return spawn(&self->future, "short life", number);
}

/* Never READY; whoever polls it a second time has woken the wrong one. */
static enum poll_result waits_poll(struct future *future, struct context *cx)
{
    (void)future;
    return pending(cx, FUTURE_ASKS, .word = "nothing");
}

static struct waker spawn_waiting(const char *kind, long number)
{
    struct future *future = allocate(1, sizeof *future);

    *future = (struct future){waits_poll, NULL};
    return spawn(future, kind, number);
}

static struct waker spawn_sleeping(long number)
{
    struct sleep_for *self = allocate(1, sizeof *self);

    *self = sleep_for(2 * NS_PER_MS);
    return spawn(&self->future, "sleeping", number);
}

/* Sleeps, then cancels the other one. */
struct killer {
    struct future future;
    struct sleep_for sleep;
    struct waker other;
};

static enum poll_result killer_poll(struct future *future, struct context *cx)
{
    struct killer *self = container_of(future, struct killer, future);

    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    cancel(self->other);
    return READY;
}

static struct waker spawn_victim(void)
{
    struct killer *self = allocate(1, sizeof *self);
    struct waker victim = spawn_waiting("victim", 0);

    *self = (struct killer){{killer_poll, NULL}, sleep_for(2 * NS_PER_MS), victim};
    spawn(&self->future, "killer", 0);
    return victim;
}

/* ---- main: a step every other turn ---- */

struct turns_main {
    struct future future;
    bool (*step)(struct turns_main *self); /* returns whether there is another */
    int64_t count;
    int64_t round;
    int place; /* in the round */
    int turn;
    struct waker old;
    struct waker new;
    uint32_t highest; /* place that a task has had */
};

static struct waker noted(struct turns_main *self, struct waker task)
{
    if (task.generation % 2 == 0)
        fail("a new task has generation %u: even, so one day it is 0, which is nobody's",
             task.generation);
    if (task.place > self->highest)
        self->highest = task.place;
    return task;
}

static bool again_step(struct turns_main *self)
{
    for (int64_t i = 1; self->round == 0 && i <= self->count; i++)
        spawn_again(i, self->count);
    return self->round++ < self->count;
}

static bool next_round(struct turns_main *self)
{
    cancel(self->new);
    self->place = 0;
    return ++self->round < self->count;
}

static bool stale_step(struct turns_main *self)
{
    switch (self->place++) {
    case 0:
        self->old = noted(self, spawn_short_life(self->round + 1));
        return true;
    case 1: /* it has ended */
        self->new = noted(self, spawn_waiting("new", self->round + 1));
        return true;
    case 2:
        wake(self->old);
        return true;
    default:
        return next_round(self);
    }
}

static bool queued_step(struct turns_main *self)
{
    switch (self->place++) {
    case 0:
        self->old = noted(self, spawn_waiting("old", self->round + 1));
        return true;
    case 1:
        wake(self->old);
        cancel(self->old);
        self->new = noted(self, spawn_waiting("new", self->round + 1));
        if (self->new.place == self->old.place)
            fail("a new task has got a place that is still in the queue");
        return true;
    default:
        return next_round(self);
    }
}

/* Wakes itself first of all, so it is in the queue before those that it wakes. They are
 * polled after it: so it makes a step every other turn. */
static enum poll_result turns_main_poll(struct future *future, struct context *cx)
{
    struct turns_main *self = container_of(future, struct turns_main, future);

    wake(cx->waker);
    if (self->turn++ % 2 == 0 && !self->step(self))
        return READY;
    return pending(cx, FUTURE_ASKS, .word = "the next turn");
}

/* ---- main, when it joins ---- */

static enum poll_result join_main_poll(struct future *future, struct context *cx)
{
    struct turns_main *self = container_of(future, struct turns_main, future);

    for (; self->round <= self->count; self->round++) {
        if (self->place++ == 0)
            self->new = self->round < self->count ? spawn_sleeping(self->round + 1)
                                                  : spawn_victim();
        struct join_task join = join_task(self->new);
        if (future_poll(&join.future, cx) == PENDING)
            return PENDING;
        self->place = 0;
    }
    return READY;
}

static bool choose(struct turns_main *self, const char *what)
{
    self->future.poll = turns_main_poll;
    if (strcmp(what, "again") == 0)
        self->step = again_step;
    else if (strcmp(what, "stale") == 0)
        self->step = stale_step;
    else if (strcmp(what, "queued") == 0)
        self->step = queued_step;
    else
        self->future.poll = join_main_poll;
    return self->step != NULL || strcmp(what, "join") == 0;
}

int main(int argc, char **argv)
{
    lab_start("turns", &argc, argv);
    struct turns_main self = {.count = lab_number(argc, argv, 2, 3, 1, MOST)};
    const char *what = argc > 1 ? argv[1] : "again";

    if (!choose(&self, what)) {
        message("argument 1 is again, stale, queued or join, not '%s'", what);
        exit(2);
    }
    block_on(&self.future);
    message("highest place: %u", self.highest);
    return lab_end();
}
