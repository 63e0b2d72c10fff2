/* --explain: each event as a line on stderr, as it happens. */
#ifndef VIEW_EXPLAIN_H
#define VIEW_EXPLAIN_H

/* `roles` has a bit, 1 << role, for each role that is wanted. */
void explain_start(unsigned roles);

#endif
