/* What --step shows before each turn: who is in the run queue, and who waits for what. */
#ifndef VIEW_TURN_H
#define VIEW_TURN_H

#include "view/view.h"

/* Before trace_listen. */
void turn_start(const struct views *views);

/* An EXEC_TURN. */
void turn_show(const struct event *turn);

#endif
