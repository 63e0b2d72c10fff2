/* expects: only who waits for what is ready is woken */

static void wake_ready(struct pollfd row)
{
    wake_one(row.fd, READABLE);
    wake_one(row.fd, WRITABLE);
}
