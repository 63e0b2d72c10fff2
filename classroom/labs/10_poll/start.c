/* poll(2) has said something about this row: who waits for that is woken. */
static void wake_ready(struct pollfd row) /* a copy: swap clears revents */
{
    if ((row.revents & POLLIN) != 0)
        wake_one(row.fd, READABLE);
    /* TODO: what else may it have said, and whom does that concern? */
}

/* Asks poll(2) about all rows, for so long, and wakes. */
void reactor_wait(int64_t timeout)
{
    (void)timeout; /* TODO */
    wake_ready((struct pollfd){.fd = -1});
}
