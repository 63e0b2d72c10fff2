/* --timeline: after the run, a picture with a lane for each client: how long it waited to
 * be accepted, and how long it was served. */
#ifndef VIEW_TIMELINE_H
#define VIEW_TIMELINE_H

#include "app/options.h"

/* With options->timeline_file the picture will be an SVG in that file; exits 1 if it
 * cannot be made. */
void timeline_start(const struct options *options);

/* Draws. Returns whether all was written; says so if not. */
bool timeline_end(void);

#endif
