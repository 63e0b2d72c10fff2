/* Stage 5: epoll(7). The kernel keeps the list: each descriptor is registered once, and a
 * wait looks only at what became ready since the last one. */
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

const char *const reactor_how = "sleeps in epoll(7)";
size_t reactor_watching;

/* Who waits for what: a row for each descriptor, beside epoll's own list.
 *      row   wakers [READABLE]   [WRITABLE]   registered
 *       6    nobody              client 1      yes */
static struct row {
    struct waker wakers[2];
    bool registered;
    uint32_t exceptional; /* bits of EXCEPTIONAL that were reported */
} * table;
static int rows;
static int epoll_fd, interrupt_fd = -1;

/* An end, an error, urgent bytes: reported once, perhaps while nobody waits. A read that
 * got less than it asked for may have stopped just before, and no other edge comes. */
#define EXCEPTIONAL (EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI)

static void make_row(int fd)
{
    for (; rows <= fd; rows++) {
        if (rows % 1024 == 0)
            table = reallocate(table, (size_t)rows + 1024, sizeof *table);
        memset(&table[rows], 0, sizeof *table);
    }
}

/* Edge-triggered, so once in the life of a descriptor, for both interests. */
static void tell_epoll(int fd)
{
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EXCEPTIONAL | EPOLLET, {.fd = fd}};

    if (called("epoll_ctl", fd, epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) < 0)
        fail("epoll cannot watch descriptor %d: %s; raise fs.epoll.max_user_watches", fd,
             strerror(errno));
    table[fd].registered = true;
}

void reactor_init(void)
{
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (epoll_fd < 0 || interrupt_fd < 0)
        fail("cannot make an epoll and an eventfd: %s; raise ulimit -n", strerror(errno));
    make_row(interrupt_fd);
    tell_epoll(interrupt_fd); /* each write is an edge, and this is one: never read it */
}

/* Puts a waker into the table, and returns the one that was there. */
static struct waker swap(int fd, enum interest interest, struct waker waker)
{
    struct waker old = table[fd].wakers[interest];

    table[fd].wakers[interest] = waker;
    reactor_watching += waker.generation != 0;
    reactor_watching -= old.generation != 0;
    return old;
}

static void wake_one(int fd, enum interest interest)
{
    struct waker waker = swap(fd, interest, (struct waker){0}); /* it is woken once */

    trace(REACTOR_READY, .fd = fd, .word = interest_word[interest],
          .other = name_of(waker));
    wake(waker); /* which queues its task, and no more */
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    make_row(fd);
    struct waker old = swap(fd, interest, waker);
    if (waker.generation != 0 || old.generation != 0)
        trace(REACTOR_WATCH, .fd = fd, .word = interest_word[interest],
              .other = name_of(waker));
    if (waker.generation != 0 && !table[fd].registered)
        tell_epoll(fd);
    if (waker.generation == 0 || interest == WRITABLE || table[fd].exceptional == 0)
        return;
    table[fd].exceptional &= ~(uint32_t)EPOLLPRI; /* the next read passes it */
    wake_one(fd, READABLE);
}

void reactor_forget(int fd)
{
    reactor_watch(fd, READABLE, (struct waker){0});
    reactor_watch(fd, WRITABLE, (struct waker){0});
    table[fd] = (struct row){.registered = false}; /* for the close unregisters it */
    trace(REACTOR_FORGET, .fd = fd);
}

static void wake_ready(int fd, uint32_t events)
{
    table[fd].exceptional |= events & EXCEPTIONAL;
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        wake_one(fd, READABLE);
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0)
        wake_one(fd, WRITABLE);
}

void reactor_wait(int64_t timeout)
{
    static struct epoll_event list[1024]; /* if more are ready, the next wait says so */
    int n = epoll_wait(epoll_fd, list, 1024, milliseconds_up(timeout));

    if (n < 0 && errno != EINTR) /* a signal: the executor works the time out again */
        fail("epoll_wait failed: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        if (list[i].data.fd != interrupt_fd)
            wake_ready(list[i].data.fd, list[i].events);
}

void reactor_interrupt(void)
{
    while (write(interrupt_fd, &(uint64_t){1}, sizeof(uint64_t)) < 0 && errno == EINTR)
        ; /* if it is full, there is an edge that the next wait sees */
}

void reactor_visit(visit_waker *visit)
{
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            visit(table[fd].wakers[i],
                  &(struct event){REACTOR_WATCH, fd, .word = interest_word[i]});
}
