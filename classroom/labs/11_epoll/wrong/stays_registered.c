/* expects: in life 1, 2, ...: 1 0 */

void reactor_forget(int fd)
{
    reactor_watch(fd, READABLE, (struct waker){0});
    reactor_watch(fd, WRITABLE, (struct waker){0});
    trace(REACTOR_FORGET, .fd = fd);
}
