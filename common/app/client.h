/* One client of stages 3, 4 and 5. */
#ifndef APP_CLIENT_H
#define APP_CLIENT_H

#include "core/future.h"

#include <netdb.h>

/* A future for spawn: connects to the first of `addresses` that answers, and prints what
 * it reads until the end. It gives up after `patience` ns without a byte. How it went is
 * counted in the tally. `addresses` must outlive it. (client_main) */
struct future *client_main(const struct addrinfo *addresses, int64_t patience);

#endif
