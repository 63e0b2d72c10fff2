/* expects: a signal that ends the wait wakes nobody */

void reactor_wait(int64_t timeout)
{
    fd_set sets[2];
    int ms = milliseconds_up(timeout);
    struct timeval limit = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

    FD_ZERO(&sets[READABLE]);
    FD_ZERO(&sets[WRITABLE]);
    FD_SET(interrupt_pipe[0], &sets[READABLE]);
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            if (wakers[fd][i].generation != 0)
                FD_SET(fd, &sets[i]);
    int n = select(rows, &sets[0], &sets[1], NULL, ms < 0 ? NULL : &limit);
    if (n < 0 && errno != EINTR && errno != EBADF)
        fail("select of %d descriptors failed: %s", rows, strerror(errno));
    if (true)
        wake_ready(sets);
}
