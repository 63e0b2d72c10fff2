/* A name lookup as a future. getaddrinfo only blocks, so it gets a thread of its own. */
#ifndef APP_RESOLVE_H
#define APP_RESOLVE_H

#include "core/future.h"

#include <netdb.h>

/* READY when the addresses of `host` (which must outlive it) are known, or it is known
 * why there are none: `why_not`, else NULL. A numeric address needs no thread.
 * `addresses` are the caller's to free. Dropped before, the thread ends by itself,
 * unheard. */
struct resolve {
    struct future future;
    const char *host;
    int port;
    struct lookup *lookup; /* shared with the thread; NULL: there is none */
    struct addrinfo *addresses;
    const char *why_not;
};
struct resolve resolve(const char *host, int port);

#endif
