/* SIGINT and SIGTERM, as a descriptor that becomes readable. As a future: see
 * stop_signal.h. */
#ifndef APP_STOP_H
#define APP_STOP_H

/* From here on the first of the two signals makes the returned descriptor readable, and
 * only that; a second one ends the program at once. Call it once. The descriptor
 * blocks. */
int stop_descriptor(void);

#endif
