/* Ten bytes, read four at a time. Level-triggered, epoll tells that a socket is readable;
 * edge-triggered, that it has become so. (Edge-triggered vs level-triggered) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct reader {
    const char *name;
    uint32_t trigger; /* 0, which means level, or EPOLLET */
    bool drains;      /* at each wake, reads until that would block */
    int fd;
    int epoll_fd;
    int wakes;
    ssize_t bytes;
};

static void start(struct reader *self, int fd)
{
    struct epoll_event readable = {.events = EPOLLIN | self->trigger};

    self->fd = fd;
    self->epoll_fd = epoll_create1(0);
    if (self->epoll_fd < 0 ||
        epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &readable) != 0)
        fail("cannot watch a socket with epoll: %s; raise ulimit -n", strerror(errno));
}

/* Returns false when nothing wakes it within `limit` ns. */
static bool woken(struct reader *self, int64_t limit)
{
    struct epoll_event event;
    int unread;
    int n;

    do
        n = epoll_wait(self->epoll_fd, &event, 1, milliseconds_up(limit));
    while (n < 0 && errno == EINTR); /* a signal: then once more as long */
    if (n < 0 || ioctl(self->fd, FIONREAD, &unread) != 0)
        fail("cannot wait with epoll: %s; run it again", strerror(errno));
    if (n == 0)
        say("time-out: nothing wakes us; %d bytes lie there unread", unread);
    else
        say("wake %d", ++self->wakes);
    return n > 0;
}

/* Returns whether something was there. */
static bool read_four(struct reader *self)
{
    char bytes[5] = "";
    ssize_t n = read(self->fd, bytes, 4);

    if (n < 0 && errno != EAGAIN)
        fail("cannot read from a socket: %s; run it again", strerror(errno));
    say("    read: %s", n < 0 ? "would block" : bytes);
    self->bytes += n < 0 ? 0 : n;
    return n > 0;
}

static void run(struct reader *self, int64_t limit)
{
    int ends[2];

    part(self->name);
    lesson_pair(ends);
    start(self, ends[0]);
    if (write(ends[1], "0123456789", 10) != 10)
        fail("cannot write to a socket: %s; run it again", strerror(errno));
    while (woken(self, limit))
        while (read_four(self) && self->drains)
            ;
    close(self->epoll_fd);
    close(ends[0]);
    close(ends[1]);
}

int main(int argc, char **argv)
{
    struct reader readers[] = {
        {.name = "level, one read for each wake"},
        {.name = "edge, one read for each wake", .trigger = EPOLLET},
        {.name = "edge, reads until it would block", .trigger = EPOLLET, .drains = true},
    };

    lesson_without_tasks("edge_level", "[SECONDS]", &argc, argv);
    int64_t limit = lesson_seconds(argc, argv, 0.2);
    for (int i = 0; i < 3; i++)
        run(&readers[i], limit);
    say_untimed("\n%-34s%6s%6s", "", "wakes", "bytes");
    for (int i = 0; i < 3; i++)
        say_untimed("%-34s%6d%6zd", readers[i].name, readers[i].wakes, readers[i].bytes);
    return 0;
}
