/* expects: a hang-up wakes who waits, to write, too: POLLHUP may come without POLLOUT */

static void wake_ready(struct pollfd row) /* a copy: swap clears revents */
{
    if ((row.revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & (POLLOUT | POLLERR | POLLNVAL)) != 0) /* the end is to be read */
        wake_one(row.fd, WRITABLE);
}
