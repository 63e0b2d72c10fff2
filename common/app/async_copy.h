/* The copy mode of stages 3, 4 and 5. */
#ifndef APP_ASYNC_COPY_H
#define APP_ASYNC_COPY_H

#include "app/options.h"

/* A task for the sender, one for the copier, and one for the receiver. */
void async_copy(const struct options *options);

#endif
