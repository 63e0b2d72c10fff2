/* What a person sees of a run: the report, and the views that look at the event log. */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include "app/options.h"

/* First thing after the command line is known: opens the views that it asks for. */
void view_start(const struct options *options);

/* Last thing in main: closes the views, draws, reports, warns. Returns the exit status of
 * the program. */
int view_end(const struct options *options);

#endif
