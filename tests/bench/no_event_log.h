/* For bench-log: with `-include` of this file, a program is built without its event log.
 * Events are counted, for the executor and the report need that, and no more. */
#ifndef BENCH_NO_EVENT_LOG_H
#define BENCH_NO_EVENT_LOG_H

#include "base/trace.h"

#include <errno.h>

static inline bool only_count(enum event_kind kind)
{
    (void)trace_counts(kind);
    return false;
}

static inline ssize_t result_of(ssize_t result)
{
    if (result >= 0)
        return result;
    return errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

/* The compiler leaves out what comes only if an event is listened to. */
#define trace_counts(kind) only_count(kind)

#undef called
#define called(name, fd, call) ((void)(name), (void)(fd), result_of(call))

#endif
