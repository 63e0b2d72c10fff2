/* expects: the reactor woke the writer 0 times */

static struct waker swap(int fd, enum interest interest, struct waker waker)
{
    struct waker old = wakers[fd][interest];

    wakers[fd][interest] = waker;
    reactor_watching += waker.generation != 0;
    reactor_watching -= old.generation != 0;
    bool is_watched =
        wakers[fd][READABLE].generation != 0 || wakers[fd][WRITABLE].generation != 0;
    int events = interest == READABLE ? POLLIN : POLLOUT; /* of who came last */
    poll_fds[fd] = (struct pollfd){is_watched ? fd : -1, (short)events, 0};
    return old;
}
