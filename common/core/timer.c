#include "core/timer.h"

#include "core/message.h"
#include "core/system.h"
#include "core/task.h"
#include "core/trace.h"

/* A binary heap: heap[1] has the earliest deadline, and no parent, heap[i / 2], is later
 * than its child, heap[i]. To insert or remove one of n takes about log2(n) steps. */
struct entry {
    int64_t deadline; /* the sleep's: comparing entries does not touch their sleeps */
    struct sleep_for *sleep;
};
static struct entry *heap;
static size_t heap_length;
static size_t heap_capacity;

static void heap_put(size_t place, struct entry entry)
{
    heap[place] = entry;
    entry.sleep->place = place;
}

/* Finds the place of `entry`, at `place` or nearer to the root. */
static void heap_move_up(size_t place, struct entry entry)
{
    for (; place > 1 && entry.deadline < heap[place / 2].deadline; place /= 2)
        heap_put(place, heap[place / 2]);
    heap_put(place, entry);
}

/* Finds the place of `entry`, at `place` or farther from the root. */
static void heap_move_down(size_t place, struct entry entry)
{
    for (;;) {
        size_t child = 2 * place;
        if (child < heap_length && heap[child + 1].deadline < heap[child].deadline)
            child++;
        if (child > heap_length || entry.deadline <= heap[child].deadline)
            break;
        heap_put(place, heap[child]);
        place = child;
    }
    heap_put(place, entry);
}

static void heap_insert(struct sleep_for *sleep)
{
    if (heap_length + 1 >= heap_capacity) {
        heap_capacity = heap_capacity == 0 ? 64 : 2 * heap_capacity;
        heap = reallocate(heap, heap_capacity, sizeof *heap);
    }
    heap_move_up(++heap_length, (struct entry){sleep->deadline, sleep});
}

static void heap_remove(struct sleep_for *sleep)
{
    size_t place = sleep->place;
    struct entry last = heap[heap_length--];

    sleep->place = 0;
    if (last.sleep == sleep)
        return;
    heap_move_up(place, last);
    heap_move_down(last.sleep->place, last);
}

static void stop_sleeping(struct sleep_for *self)
{
    if (self->place != 0)
        heap_remove(self);
}

static enum poll_result sleep_for_poll(struct future *future, struct context *cx)
{
    struct sleep_for *self = container_of(future, struct sleep_for, future);
    int64_t left = self->deadline - now_ns();

    if (left <= 0) {
        stop_sleeping(self);
        trace(FUTURE_READY, NULL, "sleep_for", -1, 0);
        return READY;
    }
    self->waker = cx->waker; /* at each poll: the task may be another one by now */
    if (self->place == 0)
        heap_insert(self);
    trace_pending(FUTURE_SLEEPS, NULL, NULL, -1, left);
    return PENDING;
}

static void sleep_for_drop(struct future *future)
{
    stop_sleeping(container_of(future, struct sleep_for, future));
}

struct sleep_for sleep_for(int64_t duration)
{
    int64_t now = now_ns();

    return (struct sleep_for){
        .future = {sleep_for_poll, sleep_for_drop},
        .deadline = duration < INT64_MAX - now ? now + duration : INT64_MAX,
    };
}

bool timers_pending(void)
{
    return heap_length > 0;
}

int64_t timers_next(void)
{
    if (heap_length == 0)
        return -1;
    int64_t left = heap[1].deadline - now_ns();
    return left > 0 ? left : 0;
}

void timers_fire(void)
{
    if (heap_length == 0)
        return;
    int64_t now = now_ns();
    while (heap_length > 0 && heap[1].deadline <= now) {
        struct sleep_for *sleep = heap[1].sleep;
        heap_remove(sleep);
        trace(REACTOR_TIME, waker_actor(sleep->waker), NULL, -1, 0);
        wake(sleep->waker);
    }
}
