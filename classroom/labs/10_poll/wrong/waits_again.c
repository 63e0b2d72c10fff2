/* expects: a signal ends the wait */

void reactor_wait(int64_t timeout)
{
    char bytes[64];
    int left;

    while ((left = poll(poll_fds, (nfds_t)rows, milliseconds_up(timeout))) < 0)
        if (errno != EINTR)
            fail("poll of %d descriptors failed: %s", rows, strerror(errno));
    for (int fd = 0; left > 0 && fd < rows; fd++) {
        if (poll_fds[fd].revents == 0)
            continue;
        left--;
        while (fd == interrupt_pipe[0] && read(fd, bytes, sizeof bytes) > 0)
            ;
        if (fd != interrupt_pipe[0])
            wake_ready(poll_fds[fd]);
    }
}
