/* Who waits for what, and who has its waker: read from the tables themselves, in which
 * every waker is kept. */
#ifndef VIEW_DUMP_H
#define VIEW_DUMP_H

#include "view/view.h"

/* Prints every task, in a line each: what it said last, and who has its waker. Of very
 * many only the first, and those whose waker nobody has. */
void dump_tasks(const struct tables *tables);

/* Only those whose waker nobody has; nothing if there are none. */
void dump_odd_tasks(const struct tables *tables);

/* "stage2: response 3 is in read, fd 7" or, in no call, "... runs". With neither printf
 * nor locks: from a signal handler. */
void dump_call(const struct call *call, const char *kind, long number);

#endif
