/* Sleep futures, and the deadlines that they wait for. Time is in nanoseconds. */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "core/future.h"

#include <stdbool.h>

/* READY at `duration` from now, never earlier. Now is the time of this call. (Sleep) */
struct sleep_for {
    struct future future;
    int64_t deadline;
    struct waker waker;
    size_t place; /* in the heap of deadlines; 0: not there */
};
struct sleep_for sleep_for(int64_t duration);

/* For the executor. Together they are WAKE_TIMES of the tutorial. */
bool timers_pending(void);
int64_t timers_next(void); /* how long until the first deadline: 0 or more; -1 if none */
void timers_fire(void);    /* wakes all whose time has come, the earliest first */

#endif
