/* What --step shows before each turn: who is in the run queue, and who waits for what. */
#ifndef VIEW_TURN_H
#define VIEW_TURN_H

#include "view/view.h"

/* To be called before whoever calls turn_show listens to the event log. */
void turn_start(const struct views *views);

/* Prints what the turn that begins with this EXEC_TURN will do. */
void turn_show(const struct event *turn);

#endif
