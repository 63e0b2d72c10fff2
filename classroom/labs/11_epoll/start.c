/* Tells epoll of fd. */
static void tell_epoll(int fd)
{
    struct epoll_event event = {EPOLLIN, {.fd = fd}}; /* TODO: which bits? */

    if (called("epoll_ctl", fd, epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) < 0)
        fail("epoll cannot watch descriptor %d: %s; raise fs.epoll.max_user_watches", fd,
             strerror(errno));
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    make_row(fd);
    struct waker old = swap(fd, interest, waker);
    if (waker.generation != 0 || old.generation != 0)
        trace(REACTOR_WATCH, .fd = fd, .word = interest_word[interest],
              .other = name_of(waker));
    /* TODO: does epoll know it? What follows is right: an end that was reported. */
    if (waker.generation == 0 || interest == WRITABLE || table[fd].exceptional == 0)
        return;
    table[fd].exceptional &= ~(uint32_t)EPOLLPRI; /* the next read passes it */
    wake_one(fd, READABLE);
}

void reactor_forget(int fd)
{
    /* TODO: what is there to forget? */
    trace(REACTOR_FORGET, .fd = fd);
}

void reactor_wait(int64_t timeout)
{
    (void)timeout; /* TODO: wake_ready(fd, events), for each that epoll names */
    (void)wake_ready;
}
