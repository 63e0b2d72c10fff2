/* --step: stops before each turn of the executor, and shows who can run and who waits for
 * what. */
#ifndef VIEW_STEP_H
#define VIEW_STEP_H

/* Exits 2 if there is no terminal to read keys from. */
void step_start(void);

#endif
