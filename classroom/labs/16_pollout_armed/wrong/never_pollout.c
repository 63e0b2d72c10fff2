/* expects: who waits to write is woken */

static struct waker swap(int fd, enum interest interest, struct waker waker)
{
    struct waker old = wakers[fd][interest];

    wakers[fd][interest] = waker;
    reactor_watching += waker.generation != 0;
    reactor_watching -= old.generation != 0;
    bool is_watched =
        wakers[fd][READABLE].generation != 0 || wakers[fd][WRITABLE].generation != 0;
    int events = is_watched ? POLLIN : 0;
    poll_fds[fd] = (struct pollfd){events != 0 ? fd : -1, (short)events, 0};
    return old;
}
