/* fd gets a row. TODO: and if there is no bit for it? */
static void make_row(int fd)
{
    if (rows <= fd)
        rows = fd + 1;
}

/* Once, before anything else. */
void reactor_init(void)
{
    /* TODO: how does another thread end a select(2) that has no limit? */
    interrupt_pipe[0] = -1;
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    make_row(fd);
    (void)swap(fd, interest, waker); /* TODO: it tells the event log, as in stage 4 */
}

void reactor_forget(int fd)
{
    trace(REACTOR_FORGET, .fd = fd); /* TODO */
}

/* These are ready: the kernel has left their bits in the sets. */
static void wake_ready(fd_set sets[2])
{
    (void)sets;
    (void)wake_one; /* TODO */
}

void reactor_wait(int64_t timeout)
{
    fd_set sets[2];

    FD_ZERO(&sets[READABLE]);
    FD_ZERO(&sets[WRITABLE]);
    (void)timeout; /* TODO: select(2) */
    wake_ready(sets);
}

void reactor_interrupt(void)
{
    /* TODO */
}

void reactor_visit(visit_waker *visit)
{
    (void)visit; /* TODO: each waker in the table: for the doctor */
}
