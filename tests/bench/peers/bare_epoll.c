/* The yardstick: the least that the kernel allows, on bare epoll. No futures, no tasks,
 * no wakers, and one queue for a timer. What stage 5 takes more is what these cost. */
#include "bare.h"
#include "peer.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/utsname.h>

const char *const peer_name = "bare_epoll";
static int epoll_fd = -1;

const char *peer_version(void)
{
    static struct utsname system;

    check(uname(&system), "ask for the kernel's version");
    return system.release;
}

void want(struct source *source, int events)
{
    struct epoll_event event = {.events = (uint32_t)events, .data.ptr = source};
    int operation = source->wanted == 0 ? EPOLL_CTL_ADD
                    : events == 0       ? EPOLL_CTL_DEL
                                        : EPOLL_CTL_MOD;

    if (epoll_fd < 0)
        epoll_fd = check(epoll_create1(EPOLL_CLOEXEC), "make an epoll");
    check(epoll_ctl(epoll_fd, operation, source->fd, &event), "register with epoll");
    source->wanted = events;
}

/* The close has taken it out of epoll. */
void forget(struct source *source)
{
    source->wanted = 0;
}

void wait_once(int timeout)
{
    static struct epoll_event ready[1024];
    int n = epoll_wait(epoll_fd, ready, 1024, timeout);

    if (n < 0 && errno != EINTR)
        die("wait");
    while (n-- > 0) { /* the last first: in copy, faster by half than the first first */
        struct source *source = ready[n].data.ptr;
        source->ready(source);
    }
}
