/* SIGINT and SIGTERM as a future. */
#ifndef APP_STOP_SIGNAL_H
#define APP_STOP_SIGNAL_H

#include "core/io.h"

/* READY when the first of the two signals comes; a second one ends the program at once.
 * It reads a byte that the signal handler writes: see stop.h. Call it once. (ctrl_c) */
struct read_some stop_signal(void);

#endif
