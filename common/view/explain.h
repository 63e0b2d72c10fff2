/* --explain: each event as a line on stderr, as it happens. */
#ifndef VIEW_EXPLAIN_H
#define VIEW_EXPLAIN_H

/* `roles` has a bit, 1 << role, for each role that is wanted. */
void explain_start(unsigned roles);

/* Says how many polls were wasted since the last line. */
void explain_flush(void);

/* The same, but shows the last one of these: that is where tasks get stuck. Happens by
 * itself when the program ends. */
void explain_end(void);

#endif
