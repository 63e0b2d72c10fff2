/* The server of stages 3, 4 and 5: a task that accepts, and a task for each response. */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "app/options.h"
#include "core/future.h"

/* A future for spawn: accepts clients for ever, and spawns a response for each, detached:
 * a start line and an end line, or with --echo what the client sends. `listener` is the
 * server's now: dropped, the server closes it, and its responses go on. `options` must
 * outlive it. (server_main) */
struct future *server_main(int listener, const struct options *options);

#endif
