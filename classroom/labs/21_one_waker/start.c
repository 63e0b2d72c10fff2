/* expects: nobody has its waker, so it will never run again */

/* Puts a waker into the tables, and returns the one that was there. */
static struct waker swap(int fd, enum interest interest, struct waker waker)
{
    struct waker *place = &wakers[fd][0];
    struct waker old = *place;

    *place = waker;
    reactor_watching += waker.generation != 0;
    reactor_watching -= old.generation != 0;
    int events = interest == READABLE ? POLLIN : POLLOUT;
    poll_fds[fd] = (struct pollfd){waker.generation != 0 ? fd : -1, (short)events, 0};
    return old;
}
