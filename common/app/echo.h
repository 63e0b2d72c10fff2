/* What serve --echo does for a client of stages 3, 4 and 5. */
#ifndef APP_ECHO_H
#define APP_ECHO_H

#include "core/future.h"

/* A future for spawn, after response_starts(): sends back what comes from fd until the
 * client half-closes, then hangs up. fd is its own. (Lesson 11, exercise 3) */
struct future *one_echo(int fd);

#endif
