/* expects: an interrupt ends one wait, and not the next ones */

void reactor_wait(int64_t timeout)
{
    char bytes[64];
    int left = poll(poll_fds, (nfds_t)rows, milliseconds_up(timeout));

    if (left < 0 && errno != EINTR)
        fail("poll of %d descriptors failed: %s", rows, strerror(errno));
    for (int fd = 0; left > 0; fd++) {
        if (poll_fds[fd].revents == 0)
            continue;
        left--;
        if (fd != interrupt_pipe[0])
            wake_ready(poll_fds[fd]);
        (void)bytes;
    }
}
