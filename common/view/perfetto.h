/* --trace=FILE: the event log in the Chrome Trace Event format, which ui.perfetto.dev and
 * chrome://tracing open. */
#ifndef VIEW_PERFETTO_H
#define VIEW_PERFETTO_H

#include <stdbool.h>

/* Exits 1 if the file cannot be made. */
void perfetto_start(const char *name);

/* Returns whether all was written; says so if not. */
bool perfetto_end(void);

#endif
