/* The copy mode of stages 1 and 2. */
#ifndef APP_BLOCKING_COPY_H
#define APP_BLOCKING_COPY_H

#include "app/options.h"

/* A thread for the sender, one for the receiver, and the copier on the caller's; so even
 * stage 1 has three, for whoever blocks can do nothing else meanwhile. */
void blocking_copy(const struct options *given);

#endif
