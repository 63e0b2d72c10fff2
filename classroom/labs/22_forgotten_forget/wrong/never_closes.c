/* expects: a connection that is over is closed */

static void hang_up(int fd, bool whole)
{
    discard_input(fd);
    reactor_forget(fd);
    shutdown(fd, SHUT_RDWR); /* over, and no other gets its number */
    response_ends(whole);
    if (responses_running() == 0)
        wake(waiter);
}
