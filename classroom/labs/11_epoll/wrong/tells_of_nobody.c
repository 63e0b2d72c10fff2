/* expects: epoll is told of what somebody waits for, and of nothing else */

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    make_row(fd);
    struct waker old = swap(fd, interest, waker);
    if (waker.generation != 0 || old.generation != 0)
        trace(REACTOR_WATCH, .fd = fd, .word = interest_word[interest],
              .other = name_of(waker));
    if (!table[fd].registered)
        tell_epoll(fd);
    if (waker.generation == 0 || interest == WRITABLE || table[fd].exceptional == 0)
        return;
    table[fd].exceptional &= ~(uint32_t)EPOLLPRI;
    wake_one(fd, READABLE);
}
