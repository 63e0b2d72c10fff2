/* What the event log has said so far of each actor: one lane of the picture for each
 * task, each thread, and the reactor. */
#ifndef VIEW_LANES_H
#define VIEW_LANES_H

#include "base/trace.h"

struct lane {
    struct actor actor;
    long number;       /* of the lane, from 1, in order of appearance */
    struct lane *next; /* the one that appeared after it */
    bool alive;        /* a task that is not done */
    uint64_t queued;   /* in the run queue: who has less is polled first; 0: it is not */
    bool is_waiting;   /* it said so in its last poll: */
    struct event waits;
    bool is_sleeping; /* the same */
    struct event sleeps;
};
/* Shortcut: of several descriptors that a task waits for, only the last is kept; and
 * lanes are never freed: to look at a server for days takes more and more memory. */

/* Whoever uses lanes calls this before trace_listen, so that lanes hear each event
 * first. */
void lanes_start(void);

/* The lane of an actor, made if it is new; NULL if it has no name. */
struct lane *lane_of(const struct actor *actor);

struct lane *lanes_first(void);

#endif
