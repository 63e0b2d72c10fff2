/* Futures made of other futures. */
#ifndef CORE_COMBINE_H
#define CORE_COMBINE_H

#include "core/timer.h"

#include <sys/types.h>

/* result: 0 when `inner` became READY (its own result is in it), or -ETIMEDOUT when
 * `duration` nanoseconds went by before; inner is dropped then. inner stays the caller's,
 * must not move, and is dropped with this future. When both happen at once, inner wins.
 * (timeout) */
struct timeout {
    struct future future;
    struct future *inner;
    struct sleep_for sleep;
    ssize_t result;
};
struct timeout timeout(struct future *inner, int64_t duration);

#endif
