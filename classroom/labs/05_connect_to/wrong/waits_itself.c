/* expects: it waits in the reactor while it is in progress */
#include <poll.h>

static ssize_t connect_attempt(struct operation *self)
{
    struct pollfd row = {.fd = self->fd, .events = POLLOUT};
    ssize_t result = connect_start(self);
    int error = 0;
    socklen_t length = sizeof error;

    if (result != -EAGAIN)
        return result;
    if (poll(&row, 1, 200) == 0)
        return -ETIMEDOUT;
    if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        return -errno;
    return -error;
}
