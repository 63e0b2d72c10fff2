/* What a run costs, counted where it happens. The report shows it. */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include <stdint.h>

struct counters {
    /* only the executor's thread may use these: */
    uint64_t polls;        /* of tasks */
    uint64_t wasted_polls; /* not the first, PENDING, and no future inside became READY */
    uint64_t ready_futures; /* which is how we know */
    uint64_t would_block;   /* system calls that answered EAGAIN or EINPROGRESS */
    uint64_t reactor_waits;
    /* the lock of the run queue must be held when using this: */
    uint64_t wakes; /* that put a task into the run queue */
};

extern struct counters counters;

#endif
