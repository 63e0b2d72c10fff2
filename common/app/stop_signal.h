/* SIGINT and SIGTERM as a future. */
#ifndef APP_STOP_SIGNAL_H
#define APP_STOP_SIGNAL_H

#include "core/io.h"

/* READY when the first of the two signals has come since this call; a second one ends the
 * program at once. There is one of them. (ctrl_c) */
struct stop_signal {
    struct future future;
    struct read_some read; /* of a pipe, to which the signal handler writes */
};
struct stop_signal stop_signal(void);

#endif
