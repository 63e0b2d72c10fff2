/* --trace=FILE: the event log in the Chrome Trace Event format, which ui.perfetto.dev and
 * chrome://tracing open. In its form as an array the end may be missing: so whatever ends
 * the program, the file opens. */
#ifndef VIEW_TRACE_H
#define VIEW_TRACE_H

#include "view/view.h"

/* Exits 1 if the file cannot be made. */
void trace_file_start(const struct views *views);

/* Returns whether all was written; says so if not. */
bool trace_file_end(void);

#endif
