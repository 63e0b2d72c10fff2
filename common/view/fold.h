/* What --explain holds back, and counts: polls and waits that have brought nothing. */
#ifndef VIEW_FOLD_H
#define VIEW_FOLD_H

#include "view/text.h"

/* Listens to the event log, and prints line_of each event on stderr; an empty one is not
 * shown. */
void fold_start(struct words (*line_of)(const struct event *event));

/* Its lines go to stderr, or from now on to `otherwise`, as whole lines. */
void fold_put(void (*otherwise)(const char *lines, size_t length));

/* Says how many were held back since the last line, and drops them. */
void fold_flush(void);

/* The same, and shows the poll that is held back: for whoever prints in that poll. */
void fold_release(void);

/* As fold_flush, but shows the last poll of these: that is where tasks get stuck. It
 * happens by itself when the program ends. */
void fold_end(void);

#endif
