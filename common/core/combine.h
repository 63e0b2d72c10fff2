/* Futures made of other futures. Those that they are given stay the caller's, must not
 * move, and are dropped with them; join_all's are an exception. */
#ifndef CORE_COMBINE_H
#define CORE_COMBINE_H

#include "core/task.h"
#include "core/timer.h"

#include <stdbool.h>
#include <sys/types.h>

/* result: 0 when `inner` became READY (its own result is in it), or -ETIMEDOUT when
 * `duration` nanoseconds, from this call on, went by before; inner is dropped then. When
 * both happen at once, inner wins. (timeout) */
struct timeout {
    struct future future;
    struct future *inner;
    struct sleep_for sleep;
    ssize_t result;
};
struct timeout timeout(struct future *inner, int64_t duration);

/* READY when one of the two is; the other is dropped. When both are at once, the first
 * wins. (select) */
struct either {
    struct future future;
    struct future *first;
    struct future *second;
    bool first_won;
};
struct either either(struct future *first, struct future *second);

/* One after the other: when `first` is READY, next(argument) makes the second one from
 * its result, in memory that outlives this future. READY when that one is.
 * (AndThenFut) */
struct and_then {
    struct future future;
    struct future *first;
    struct future *(*next)(void *argument);
    void *argument;
    struct future *second; /* NULL: not yet made */
};
struct and_then and_then(struct future *first, struct future *(*next)(void *argument),
                         void *argument);

/* Side by side: READY when all are. Each child becomes a task, so each has a waker of its
 * own, and only those are polled that were woken. As in spawn, they come from malloc and
 * are given away, and freed when they are READY: what they find out they must write
 * elsewhere. The array stays the caller's, and is read at the first poll. Dropped before,
 * join_all cancels those that are not done. (join!, join_all) */
struct join_all {
    struct future future;
    struct future **children; /* NULL: they are tasks by now */
    struct join_task *joins;  /* NULL: there are none yet, or no more */
    size_t count;
    size_t joined; /* so many of them */
};
struct join_all join_all(struct future **children, size_t count);

#endif
