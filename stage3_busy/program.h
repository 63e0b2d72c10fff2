/* The program of stages 3, 4 and 5: a server and its clients, written with futures. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "cli/options.h"
#include "core/core.h"

#include <netdb.h>

extern struct options options; /* set by main, before anything else, and then read */

/* A future for spawn, which never ends: accepts clients, numbers them, and spawns a
 * response (or with --echo an echo) for each. The listener, non-blocking, is its to
 * close. (server_main) */
struct future *server_main(int listener);

/* Wakes it when the last response that runs has ended. */
void wake_when_all_are_answered(struct waker waker);

/* A future for spawn: connects to the first of `addresses` (which outlive it) that
 * answers, and prints what it reads until the end, all within --timeout. How it went is
 * counted in the tally. (client_main) */
struct future *client_main(const struct addrinfo *addresses);

#endif
