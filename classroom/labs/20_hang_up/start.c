/* expects: the reactor has come back 1000 times in a row */

static void wake_ready(struct pollfd row) /* a copy: swap clears revents */
{
    if ((row.revents & POLLIN) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & POLLOUT) != 0)
        wake_one(row.fd, WRITABLE);
}
