/* expects: only who waits for what is ready is woken */

static void wake_ready(fd_set sets[2])
{
    char bytes[64];

    if (FD_ISSET(interrupt_pipe[0], &sets[READABLE]))
        while (read(interrupt_pipe[0], bytes, sizeof bytes) > 0)
            ;
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            if ((FD_ISSET(fd, &sets[READABLE]) || FD_ISSET(fd, &sets[WRITABLE])) &&
                fd != interrupt_pipe[0])
                wake_one(fd, (enum interest)i);
}
