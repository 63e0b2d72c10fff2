/* expects: that nobody reads any more wakes who writes: POLLERR may come without */

static void wake_ready(struct pollfd row) /* a copy: swap clears revents */
{
    if ((row.revents & (POLLIN | POLLHUP)) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & (POLLOUT | POLLHUP)) != 0)
        wake_one(row.fd, WRITABLE);
}
