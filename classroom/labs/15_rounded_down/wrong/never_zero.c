/* expects: a wait for a deadline lasts until then */

void reactor_wait(int64_t timeout)
{
    int ms = timeout < 0 ? -1 : (int)(timeout / NS_PER_MS);
    if (timeout > 0 && ms == 0)
        ms = 1; /* it does not spin any more */
    char bytes[64];
    int left = poll(poll_fds, (nfds_t)rows, ms);

    if (left < 0 && errno != EINTR) /* a signal: the executor works the time out again */
        fail("poll of %d descriptors failed: %s", rows, strerror(errno));
    for (int fd = 0; left > 0; fd++) {
        if (poll_fds[fd].revents == 0)
            continue;
        left--;
        if (fd != interrupt_pipe[0])
            wake_ready(poll_fds[fd]);
        else
            while (read(fd, bytes, sizeof bytes) > 0)
                ; /* else it would interrupt the next wait, too */
    }
}
