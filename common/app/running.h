/* The responses that run now, in stages 3, 4 and 5: how they start and end, and how to
 * wait for the last of them. */
#ifndef APP_RUNNING_H
#define APP_RUNNING_H

#include "core/future.h"

#include <stdbool.h>

/* Counts a response, for which hang_up must be called. */
void response_starts(void);

/* Ends a response: counts it as completed if it is `whole`, and closes fd. */
void hang_up(int fd, bool whole);

/* How many have started, and not hung up. */
long responses_running(void);

/* READY when no response runs. One task at a time may wait for that. */
struct all_answered {
    struct future future;
};
struct all_answered all_answered(void);

#endif
