/* One client of stages 3, 4 and 5. */
#ifndef APP_CLIENT_H
#define APP_CLIENT_H

#include "app/options.h"
#include "core/future.h"

#include <netdb.h>

/* A future for spawn: connects to the first of `addresses` that answers, sends the
 * message of --echo, if there is one, and prints what it reads until the end. It gives up
 * after --timeout without a byte. How it went is counted in the tally. Both must outlive
 * it. (client_main) */
struct future *client_main(const struct addrinfo *addresses,
                           const struct options *options);

#endif
