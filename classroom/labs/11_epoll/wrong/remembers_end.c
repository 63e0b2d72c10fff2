/* expects: a new descriptor is not taken for the old one */

void reactor_forget(int fd)
{
    reactor_watch(fd, READABLE, (struct waker){0});
    reactor_watch(fd, WRITABLE, (struct waker){0});
    table[fd].registered = false;
    trace(REACTOR_FORGET, .fd = fd);
}
