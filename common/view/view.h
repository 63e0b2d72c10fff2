/* What a person sees of a run: the views look at the event log, and at nothing else.
 * main says what they need to know. */
#ifndef VIEW_H
#define VIEW_H

#include "core/core.h"

enum role { EXEC, FUTURE, REACTOR, OS };
#define ALL_ROLES 15U

/* For dumps, and to end a wait for one: see core.h. */
struct tables {
    void (*visit_tasks)(visit_waker *visit);
    void (*visit_timers)(visit_waker *visit);
    void (*visit_reactor)(visit_waker *visit);
    void (*interrupt)(void);
};

struct views {
    const char *name;            /* of the program: "stage4" */
    const char *path;            /* as it was called: "./stage4"; NULL: who knows? */
    const char *how;             /* it waits: "sleeps in poll(2)" */
    const struct tables *tables; /* NULL: stages 1 and 2, which have threads, not tasks */
    bool only_serves;            /* the clients are somewhere else */
    bool only_asks;              /* the server is */

    unsigned explain; /* --explain: a bit, 1 << role, for each role */
    bool step;
    bool timeline;
    const char *timeline_file; /* NULL: draw on stderr */
    const char *trace_file;    /* NULL: none */
    const char *replay_file;   /* NULL: none */
};

/* Once, before there is a second thread: opens those that are wanted, and calls the
 * doctor. Exits 1 if a file cannot be made, 2 if --step has no terminal. */
void views_start(const struct views *wanted);

/* Closes them, and draws. Returns whether all was written; says so if not. */
bool views_end(void);

#endif
