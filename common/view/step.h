/* --step: stops before each turn of the executor, and shows who can run and who waits for
 * what. Meanwhile the clock of the run stands still. */
#ifndef VIEW_STEP_H
#define VIEW_STEP_H

#include "view/view.h"

/* Exits 2 if there is no terminal to read keys from. */
void step_start(const struct views *views);

/* After fold_end: says what was left out of the last turn. */
void step_end(void);

#endif
