/* SIGINT and SIGTERM, as a descriptor that becomes readable. */
#ifndef STOP_H
#define STOP_H

/* From here on the first of the two signals makes the returned descriptor readable, and
 * only that; a second one ends the program at once, by whoever handled it before. (The
 * same within 200 ms does not count: `timeout` sends it twice.) Call it once. The
 * descriptor blocks. (ctrl_c) */
int stop_descriptor(void);

#endif
