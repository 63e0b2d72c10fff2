/* What --explain holds back, and counts: polls and waits that have brought nothing. */
#ifndef VIEW_FOLD_H
#define VIEW_FOLD_H

#include "view/text.h"

/* Listens to the event log, and prints line_of each event on stderr; an empty one is not
 * shown. */
void fold_start(struct words (*line_of)(const struct event *event));

/* Says how many were held back since the last line. */
void fold_flush(void);

/* The same, but shows the last poll of these: that is where tasks get stuck. Happens by
 * itself when the program ends. */
void fold_end(void);

#endif
