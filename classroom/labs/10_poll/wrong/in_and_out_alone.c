/* expects: a hang-up wakes who reads: POLLHUP may come without POLLIN */

static void wake_ready(struct pollfd row)
{
    if ((row.revents & POLLIN) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & POLLOUT) != 0)
        wake_one(row.fd, WRITABLE);
}
