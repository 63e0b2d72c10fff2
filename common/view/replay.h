/* --replay=FILE: a page, complete in itself, in which one walks through the run, forwards
 * and back. */
#ifndef VIEW_REPLAY_H
#define VIEW_REPLAY_H

#include "view/view.h"

/* Listens to the event log. Should SIGINT or SIGTERM end the program, the page is written
 * before. Exits 1 if it cannot be made. */
void replay_start(const struct views *wanted);

/* Writes the page, once. Returns whether all was written; says so if not. */
bool replay_end(void);

#endif
