/* A future of one's own, and the bell that it waits for. */
#ifndef THIRD_POLL_H
#define THIRD_POLL_H

#include "core/core.h"

/* Keeps one waker, and wakes it when it rings: see ring.c. */
struct bell {
    struct waker waker; /* all zero: nobody waits */
};

/* From now on, until it rings, the bell has this waker; not the one that it had. */
void bell_keeps(struct bell *bell, struct waker waker);

/* READY at its third poll. Before, it waits for the bell. */
struct third_poll {
    struct future future;
    struct bell *bell; /* the caller's */
    int polls;         /* so many were there */
};
struct third_poll third_poll(struct bell *bell);

#endif
