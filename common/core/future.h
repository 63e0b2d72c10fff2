/* The vocabulary: what a future is, and what wakes it.
 *
 *      task  --polls-->  future  --leaves a waker with-->  reactor or timer
 *        ^                                                        |
 *        +------------------------- wake(waker) ------------------+ */
#ifndef CORE_FUTURE_H
#define CORE_FUTURE_H

#include <stddef.h>
#include <stdint.h>

/* Poll::Pending and Poll::Ready. PENDING promises that a waker was left somewhere. */
enum poll_result { PENDING, READY };

struct task;

/* Waker: says which task to poll again. A small value: copy it freely, it owns nothing.
 * The generation tells a task from an earlier one that lived in the same memory. */
struct waker {
    struct task *task; /* NULL: nobody; to wake nobody does nothing */
    uint64_t generation;
};

/* Context: what a future is told while it is polled. */
struct context {
    struct waker waker; /* of the task that is being polled */
};

/* Future: a struct embeds this, and holds all that must outlive a wait.
 *
 * It is never polled after READY. It may be copied until its first poll and must stay
 * where it is after that, because others may then point into it (Pin, in one sentence).
 * Whoever embeds a future must drop it. `drop` is right in every state, also before the
 * first poll, after READY, and twice: so a future can be cancelled at any time by
 * dropping it. */
struct future {
    enum poll_result (*poll)(struct future *self, struct context *cx);
    void (*drop)(struct future *self); /* NULL: nothing to release */
};

/* From the embedded struct future back to the struct that holds it. */
#define container_of(pointer, type, member)                                              \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* How many have become READY. The executor compares it before and after a poll. */
extern uint64_t futures_ready;

static inline enum poll_result future_poll(struct future *future, struct context *cx)
{
    enum poll_result result = future->poll(future, cx);

    if (result == READY)
        futures_ready++;
    return result;
}

static inline void future_drop(struct future *future)
{
    if (future->drop != NULL)
        future->drop(future);
}

/* Waker::wake: puts the task at the end of the run queue. From any thread (but not from a
 * signal handler: it takes a lock; see app/stop.c), at any time:
 * a task that is queued already is not queued twice, a task that is gone is left
 * alone. */
void wake(struct waker waker);

#endif
