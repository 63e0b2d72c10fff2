/* expects: who waits is woken when the other side hangs up */

static void wake_ready(struct pollfd row) /* a copy: swap clears revents */
{
    if ((row.revents & POLLIN) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & POLLOUT) != 0)
        wake_one(row.fd, WRITABLE);
    if ((row.revents & (POLLIN | POLLOUT)) == 0)
        poll_fds[row.fd].fd = -1; /* dead: poll(2) passes over it */
}
