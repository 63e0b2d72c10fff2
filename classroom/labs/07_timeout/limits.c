/* A task that asks, and waits for the answer no longer than LIMIT:
 * limits [LIMIT [ANSWER [LOOK [CANCEL]]]], in microseconds from the same moment on.
 *
 *     LIMIT    of the timeout
 *     ANSWER   when it comes
 *     LOOK     so long takes the first look for it, which misses what comes meanwhile
 *     CANCEL   when the task is cancelled; 0: it is not */
#include "../lab.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { LONGEST = 100000000 };

/* ---- the inner future ---- */

struct answer {
    struct future future;
    struct sleep_for sleep; /* it is there when this is READY */
    int64_t look;
    bool is_ready;
    int polls;
    int drops;
};

static enum poll_result answer_poll(struct future *future, struct context *cx)
{
    struct answer *self = container_of(future, struct answer, future);

    if (self->is_ready || self->drops > 0)
        fail("the inner future was polled after it was %s",
             self->drops > 0 ? "dropped" : "READY");
    self->is_ready = future_poll(&self->sleep.future, cx) == READY;
    if (self->polls++ == 0 && !self->is_ready)
        nanosleep(&(struct timespec){.tv_sec = (time_t)(self->look / NS_PER_SECOND),
                                     .tv_nsec = (long)(self->look % NS_PER_SECOND)},
                  NULL);
    if (!self->is_ready)
        return PENDING;
    return ready("answer", 0, 0);
}

static void answer_drop(struct future *future)
{
    struct answer *self = container_of(future, struct answer, future);

    self->drops++;
    future_drop(&self->sleep.future);
}

/* ---- the task that asks ---- */

/* They outlive the task: so we see what it leaves behind. */
static struct answer answer;
static struct timeout limited;

static int deadlines; /* that somebody waits for */

static void count_deadline(struct waker waker, const struct event *event)
{
    (void)waker;
    deadlines += event->kind == REACTOR_TIMER;
}

static void say_what_is_left(const char *when)
{
    deadlines = 0;
    timers_visit(count_deadline);
    message("%s: inner dropped: %s, deadlines left: %d", when,
            answer.drops > 0 ? "yes" : "no", deadlines);
}

static enum poll_result asker_poll(struct future *future, struct context *cx)
{
    (void)future;
    if (future_poll(&limited.future, cx) == PENDING)
        return PENDING;
    message("result: %s", limited.result == 0 ? "in time" : "timed out");
    say_what_is_left("READY");
    return READY;
}

static void asker_drop(struct future *future)
{
    (void)future;
    future_drop(&limited.future);
}

/* ---- main: waits for its end, or cancels it ---- */

struct limits_main {
    struct future future;
    struct sleep_for sleep; /* before it is cancelled */
    bool cancels;
    struct join_task asker;
};

static enum poll_result limits_main_poll(struct future *future, struct context *cx)
{
    struct limits_main *self = container_of(future, struct limits_main, future);

    if (!self->cancels)
        return future_poll(&self->asker.future, cx);
    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    cancel(self->asker.task);
    say_what_is_left("cancelled");
    return READY;
}

int main(int argc, char **argv)
{
    lab_start("limits", &argc, argv);
    int64_t limit = lab_number(argc, argv, 1, 10000, 0, LONGEST) * 1000;
    int64_t comes = lab_number(argc, argv, 2, 5000, 0, LONGEST) * 1000;
    int64_t look = lab_number(argc, argv, 3, 0, 0, LONGEST) * 1000;
    int64_t cancels = lab_number(argc, argv, 4, 0, 0, LONGEST) * 1000;
    struct future *asker = allocate(1, sizeof *asker);
    int64_t start = now_ns();

    answer =
        (struct answer){{answer_poll, answer_drop}, sleep_for(comes), look, false, 0, 0};
    limited = timeout(&answer.future, limit);
    *asker = (struct future){asker_poll, asker_drop};
    struct limits_main self = {{limits_main_poll, NULL},
                               sleep_for(cancels),
                               cancels > 0,
                               join_task(spawn(asker, "asker", 0))};
    block_on(&self.future);
    message("it took %" PRId64 " us", (now_ns() - start) / 1000);
    return lab_end();
}
