/* expects: each descriptor is registered once in its life */

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    make_row(fd);
    struct waker old = swap(fd, interest, waker);
    if (waker.generation != 0 || old.generation != 0)
        trace(REACTOR_WATCH, .fd = fd, .word = interest_word[interest],
              .other = name_of(waker));
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EXCEPTIONAL | EPOLLET, {.fd = fd}};
    if (waker.generation != 0 && !table[fd].registered)
        tell_epoll(fd);
    else if (waker.generation != 0)
        (void)called("epoll_ctl", fd, epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event));
    if (waker.generation == 0 || interest == WRITABLE || table[fd].exceptional == 0)
        return;
    table[fd].exceptional &= ~(uint32_t)EPOLLPRI;
    wake_one(fd, READABLE);
}
