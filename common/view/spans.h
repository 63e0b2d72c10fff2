/* From when to when each client waited, and was served. */
#ifndef VIEW_SPANS_H
#define VIEW_SPANS_H

#include "view/view.h"

/* A client, or, where we only serve, a connection: no client tells us then what it sees.
 * Times in ns since the start; -1: not yet. */
struct span {
    long number;
    int64_t from;   /* it is spawned, its thread starts, or it is accepted */
    int64_t served; /* its first byte comes, or it is accepted */
    int64_t to;     /* its end */
};

/* Listens to the event log. */
void spans_start(bool only_serves);

/* In the order in which they were served; returns how many. */
long spans_in_order(const struct span **first);

/* Until the last event; at least 1. */
int64_t spans_total(void);

#endif
