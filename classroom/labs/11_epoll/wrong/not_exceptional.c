/* expects: an end that comes with the last bytes is reported */

static void tell_epoll(int fd)
{
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLET, {.fd = fd}};

    if (called("epoll_ctl", fd, epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) < 0)
        fail("epoll cannot watch descriptor %d: %s; raise fs.epoll.max_user_watches", fd,
             strerror(errno));
    table[fd].registered = true;
}
