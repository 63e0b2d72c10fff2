/* What fits on the screen in a turn of --step: what does not is left out, and counted. */
#ifndef VIEW_ROOM_H
#define VIEW_ROOM_H

#include "view/view.h"

/* From now on what --explain says goes through here. After fold_start. */
void room_start(void);

/* A turn begins, in which so many tasks are polled: there is room again. */
void room_begins(int64_t queued);

/* Says what was left out of the turn; returns the rows that are left for those who
 * wait. */
int room_ends(void);

/* The program itself has printed so many rows. */
void room_takes(int rows);

/* From now on there is room for all. */
void room_has_no_end(void);

#endif
