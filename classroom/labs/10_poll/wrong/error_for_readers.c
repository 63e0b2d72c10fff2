/* expects: an error wakes who writes: POLLERR may come without POLLOUT */

static void wake_ready(struct pollfd row)
{
    if ((row.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & POLLOUT) != 0)
        wake_one(row.fd, WRITABLE);
}
