/* SIGINT and SIGTERM, as a descriptor that becomes readable. */
#ifndef STOP_H
#define STOP_H

/* From here on the first of the two signals makes the returned descriptor readable, and
 * only that; a second one, 200 ms later or more, is for who handled it before: it ends
 * the program at once. Call it once. The descriptor blocks. (ctrl_c) */
int stop_descriptor(void);

#endif
