/* The copy mode of stages 1 and 2. */
#ifndef APP_BLOCKING_COPY_H
#define APP_BLOCKING_COPY_H

#include "app/options.h"

/* A thread for each of the three: in stage 1, too, for whoever blocks can do nothing else
 * meanwhile. */
void blocking_copy(const struct options *given);

#endif
