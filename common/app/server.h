/* The server of stages 3, 4 and 5: a task that accepts, and a task for each response. */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "core/future.h"

/* A future for spawn: accepts clients for ever, and spawns a response, detached, for
 * each. `listener` is the server's now: dropped, the server closes it, and its responses
 * go on. `delay` in ns. (server_main) */
struct future *server_main(int listener, int64_t delay);

/* READY when no response runs. One task at a time may wait for that. */
struct all_answered {
    struct future future;
};
struct all_answered all_answered(void);

#endif
