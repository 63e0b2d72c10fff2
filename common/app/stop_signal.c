#include "app/stop_signal.h"

#include "app/stop.h"
#include "core/message.h"
#include "core/system.h"

#include <string.h>

struct read_some stop_signal(void)
{
    static char byte; /* outlives this call, as the future does */
    int fd = stop_descriptor();
    int error = set_nonblocking(fd);

    if (error != 0)
        fail("cannot make a pipe non-blocking: %s", strerror(-error));
    return read_some(fd, &byte, 1);
}
