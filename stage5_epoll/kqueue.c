/* Stage 5 where there is no epoll(7): kqueue(2), whose list the kernel keeps, too. */
#include "core/core.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

const char *const reactor_how = "sleeps in kqueue(2)";
size_t reactor_watching;

static struct row {
    struct waker wakers[2];
    bool registered[2]; /* in kqueue's own list */
} * table;
static int rows, kqueue_fd, interrupt_pipe[2] = {-1, -1};

static void make_row(int fd)
{
    for (; rows <= fd; rows++) {
        if (rows % 1024 == 0)
            table = reallocate(table, (size_t)rows + 1024, sizeof *table);
        memset(&table[rows], 0, sizeof *table);
    }
}

/* Edge-triggered, so once in the life of a descriptor, for each interest. */
static void tell_kqueue(int fd, enum interest interest)
{
    struct kevent change = {.ident = (uintptr_t)fd, .flags = EV_ADD | EV_CLEAR};

    change.filter = interest == READABLE ? EVFILT_READ : EVFILT_WRITE;
    if (called("kevent", fd, kevent(kqueue_fd, &change, 1, NULL, 0, NULL)) < 0)
        fail("kqueue cannot watch descriptor %d: %s; try stage4", fd, strerror(errno));
    table[fd].registered[interest] = true;
}

void reactor_init(void)
{
    kqueue_fd = kqueue();
    if (kqueue_fd < 0 || pipe(interrupt_pipe) != 0)
        fail("cannot make a kqueue and a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(interrupt_pipe[0]);
    set_nonblocking(interrupt_pipe[1]);
    make_row(interrupt_pipe[0]);
    tell_kqueue(interrupt_pipe[0], READABLE);
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
    if (waker.generation != 0 && !table[fd].registered[interest])
        tell_kqueue(fd, interest);
    /* What ended a read early, the end or urgent bytes, may have been reported before. */
    if (waker.generation != 0 && interest == READABLE &&
        poll(&(struct pollfd){fd, POLLIN, 0}, 1, 0) > 0)
        wake_one(fd, READABLE);
}

void reactor_forget(int fd)
{
    reactor_watch(fd, READABLE, (struct waker){0});
    reactor_watch(fd, WRITABLE, (struct waker){0});
    table[fd] = (struct row){.registered = {false}}; /* for the close unregisters it */
    trace(REACTOR_FORGET, .fd = fd);
}

void reactor_wait(int64_t timeout)
{
    static struct kevent list[1024]; /* if more are ready, the next wait says so */
    char bytes[64];
    int ms = milliseconds_up(timeout);
    struct timespec limit = {ms / 1000, ms % 1000 * 1000000L};
    int n = kevent(kqueue_fd, NULL, 0, list, 1024, ms < 0 ? NULL : &limit);

    if (n < 0 && errno != EINTR) /* a signal: the executor works the time out again */
        fail("kevent failed: %s", strerror(errno));
    for (int i = 0; i < n; i++) {
        int fd = (int)list[i].ident;
        bool end = (list[i].flags & (EV_EOF | EV_ERROR)) != 0; /* maybe after bytes */
        if (fd != interrupt_pipe[0] && (end || list[i].filter == EVFILT_READ))
            wake_one(fd, READABLE);
        if (end || list[i].filter == EVFILT_WRITE)
            wake_one(fd, WRITABLE);
        while (fd == interrupt_pipe[0] && read(fd, bytes, sizeof bytes) > 0)
            ; /* when it is full, there are no more edges */
    }
}

void reactor_interrupt(void)
{
    while (write(interrupt_pipe[1], "", 1) < 0 && errno == EINTR)
        ; /* if it is full, there is an edge that the next wait sees */
}

void reactor_visit(visit_waker *visit)
{
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            visit(table[fd].wakers[i],
                  &(struct event){REACTOR_WATCH, fd, .word = interest_word[i]});
}
