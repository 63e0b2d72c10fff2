/* Deadlines, in a binary heap: heap[1] has the earliest, and no parent, heap[i / 2], is
 * later than its child, heap[i]. To insert or remove one of n takes log2(n) steps. */
#include "core.h"

#include <errno.h>

static struct sleep_for **heap;
static uint32_t length, tickets;

static bool is_earlier(const struct sleep_for *one, const struct sleep_for *other)
{
    return one->deadline != other->deadline ? one->deadline < other->deadline
                                            : one->ticket < other->ticket;
}

static void put(uint32_t place, struct sleep_for *sleep)
{
    heap[place] = sleep;
    sleep->place = place;
}

/* Finds a place for it: at `place`, nearer to the root, or farther from it. */
static void settle(uint32_t place, struct sleep_for *sleep)
{
    for (; place > 1 && is_earlier(sleep, heap[place / 2]); place /= 2)
        put(place, heap[place / 2]);
    for (uint32_t child; (child = 2 * place) <= length; place = child) {
        if (child < length && is_earlier(heap[child + 1], heap[child]))
            child++;
        if (is_earlier(sleep, heap[child]))
            break;
        put(place, heap[child]);
    }
    put(place, sleep);
}

static void heap_insert(struct sleep_for *sleep)
{
    if (length++ % 1024 == 0) /* room for 1024 more, and for heap[0], not used */
        heap = reallocate(heap, length + 1024, sizeof *heap);
    sleep->ticket = ++tickets;
    settle(length, sleep);
}

static void heap_remove(struct sleep_for *sleep)
{
    struct sleep_for *last = heap[length--];

    if (last != sleep)
        settle(sleep->place, last); /* it fills the gap */
    sleep->place = 0;
}

/* ---- sleep ---- */

static void sleep_for_drop(struct future *future)
{
    struct sleep_for *self = container_of(future, struct sleep_for, future);

    if (self->place == 0)
        return;
    heap_remove(self);
    trace(REACTOR_UNTIMER, .fd = (int)self->ticket, .other = name_of(self->waker));
}

static enum poll_result sleep_for_poll(struct future *future, struct context *cx)
{
    struct sleep_for *self = container_of(future, struct sleep_for, future);
    int64_t left = self->deadline - now_ns();

    if (left <= 0) {
        sleep_for_drop(future);
        return ready("sleep_for", 0, 0);
    }
    self->waker = cx->waker; /* at each poll: another task may poll us by now */
    if (self->place == 0)
        heap_insert(self);
    trace(REACTOR_TIMER, .fd = (int)self->ticket, .number = self->deadline - now_ns(),
          .other = name_of(self->waker));
    return pending(cx, FUTURE_SLEEPS, .number = left);
}

struct sleep_for sleep_for(int64_t duration)
{
    int64_t now = now_ns();
    int64_t deadline = duration < INT64_MAX - now ? now + duration : INT64_MAX;

    return (struct sleep_for){{sleep_for_poll, sleep_for_drop}, deadline, .place = 0};
}

int64_t timers_next(void)
{
    int64_t left = length > 0 ? heap[1]->deadline - now_ns() : -1;

    return length > 0 && left < 0 ? 0 : left;
}

void timers_fire(void)
{
    while (timers_next() == 0) {
        struct sleep_for *sleep = heap[1];
        heap_remove(sleep); /* it is woken once */
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}

void timers_visit(visit_waker *visit)
{
    for (uint32_t i = 1; i <= length; i++)
        visit(heap[i]->waker,
              &(struct event){REACTOR_TIMER, .number = heap[i]->deadline - now_ns()});
}

/* ---- timeout ---- */

static void timeout_drop(struct future *future)
{
    struct timeout *self = container_of(future, struct timeout, future);

    future_drop(self->inner);
    future_drop(&self->sleep.future);
}

/* inner is polled even when the time is over: it may be done, too, and then it wins. */
static enum poll_result timeout_poll(struct future *future, struct context *cx)
{
    struct timeout *self = container_of(future, struct timeout, future);
    bool is_over = future_poll(&self->sleep.future, cx) == READY;
    bool is_done = future_poll(self->inner, cx) == READY;

    if (!is_over && !is_done)
        return PENDING;
    timeout_drop(future);
    self->result = is_done ? 0 : -ETIMEDOUT;
    return ready("timeout", 0, self->result);
}

struct timeout timeout(struct future *inner, int64_t duration)
{
    return (struct timeout){
        {timeout_poll, timeout_drop}, inner, sleep_for(duration), -EINPROGRESS};
}
