/* The doctor: looks at the event log of each run, and says what is likely wrong. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "view/view.h"

/* From now on, while it happens, and once each: warns of a reactor that comes back again
 * and again and wakes nobody, and names the descriptor. When tasks are stuck, says of
 * each what it said last, and the likely mistake. On SIGQUIT (Ctrl-\) prints the call
 * that is under way, if one is, and before the next turn each task, what it said last,
 * and who has its waker; then the program goes on. */
void doctor_start(const struct views *views);

/* The same list as on SIGQUIT, cut to what is odd: when clients gave up. */
void doctor_lists_odd_tasks(void);

#endif
