/* --timeline: after the run, a picture with a lane for each client: how long it waited to
 * be accepted, and how long it was served. */
#ifndef VIEW_TIMELINE_H
#define VIEW_TIMELINE_H

#include "view/view.h"

/* With timeline_file the picture will be an SVG in that file; exits 1 if it
 * cannot be made. */
void timeline_start(const struct views *views);

/* Draws. Returns whether all was written; says so if not. */
bool timeline_end(void);

#endif
