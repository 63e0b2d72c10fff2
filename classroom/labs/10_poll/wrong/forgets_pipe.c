/* expects: no interrupt gets lost */

void reactor_wait(int64_t timeout)
{
    char bytes[64];
    int left = poll(poll_fds, (nfds_t)rows, milliseconds_up(timeout));

    if (left < 0 && errno != EINTR)
        fail("poll of %d descriptors failed: %s", rows, strerror(errno));
    for (int fd = 0; left > 0 && fd < rows; fd++) {
        if (poll_fds[fd].revents == 0)
            continue;
        left--;
        while (fd == interrupt_pipe[0] && read(fd, bytes, sizeof bytes) > 0)
            ;
        wake_ready(poll_fds[fd]); /* and swap leaves the pipe out of the next waits */
    }
}
