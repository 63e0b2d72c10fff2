/* Stage 4 with select(2), which is older than poll(2): a bit for each descriptor, and the
 * kernel writes its answer over the question. So the sets are made anew for each wait,
 * which looks at all of them, and there is no bit for a descriptor of 1,024 or more. */
#include "core/core.h"

#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

const char *const reactor_how = "sleeps in select(2)";
size_t reactor_watching;

static struct waker wakers[FD_SETSIZE][2]; /* a row for each descriptor that has a bit */
static int rows;                           /* those that were ever watched are below */
static int interrupt_pipe[2] = {-1, -1};

/* A bit beyond the set would be written over what lies behind it. */
static void make_row(int fd)
{
    if (fd >= FD_SETSIZE)
        fail("select has room for descriptors below %d, and not for %d; take fewer "
             "clients, or stage4",
             FD_SETSIZE, fd);
    if (rows <= fd)
        rows = fd + 1;
}

void reactor_init(void)
{
    if (pipe(interrupt_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(interrupt_pipe[0]);
    set_nonblocking(interrupt_pipe[1]);
    make_row(interrupt_pipe[0]);
}

/* Puts a waker into the table, and returns the one that was there. */
static struct waker swap(int fd, enum interest interest, struct waker waker)
{
    struct waker old = wakers[fd][interest];

    wakers[fd][interest] = waker;
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
    if (waker.generation == 0 && fd >= rows)
        return; /* there is none to take back */
    make_row(fd);
    struct waker old = swap(fd, interest, waker);
    if (waker.generation != 0 || old.generation != 0)
        trace(REACTOR_WATCH, .fd = fd, .word = interest_word[interest],
              .other = name_of(waker));
}

void reactor_forget(int fd)
{
    reactor_watch(fd, READABLE, (struct waker){0});
    reactor_watch(fd, WRITABLE, (struct waker){0});
    trace(REACTOR_FORGET, .fd = fd);
}

static void wake_ready(fd_set sets[2])
{
    char bytes[64];

    if (FD_ISSET(interrupt_pipe[0], &sets[READABLE]))
        while (read(interrupt_pipe[0], bytes, sizeof bytes) > 0)
            ; /* else it would interrupt the next wait, too */
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            if (FD_ISSET(fd, &sets[i]) && fd != interrupt_pipe[0])
                wake_one(fd, (enum interest)i);
}

void reactor_wait(int64_t timeout)
{
    fd_set sets[2];
    int ms = milliseconds_up(timeout);
    struct timeval limit = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

    FD_ZERO(&sets[READABLE]);
    FD_ZERO(&sets[WRITABLE]);
    FD_SET(interrupt_pipe[0], &sets[READABLE]);
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            if (wakers[fd][i].generation != 0)
                FD_SET(fd, &sets[i]);
    int n = select(rows, &sets[0], &sets[1], NULL, ms < 0 ? NULL : &limit);
    /* EBADF: one of them is closed, but which is not said. The sets are as they were, so
     * all try again, and who has that one finds out. */
    if (n < 0 && errno != EINTR && errno != EBADF)
        fail("select of %d descriptors failed: %s", rows, strerror(errno));
    if (n >= 0 || errno == EBADF)
        wake_ready(sets);
}

void reactor_interrupt(void)
{
    while (write(interrupt_pipe[1], "", 1) < 0 && errno == EINTR)
        ; /* if it is full, it is readable, which is as good */
}

void reactor_visit(visit_waker *visit)
{
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            visit(wakers[fd][i],
                  &(struct event){REACTOR_WATCH, fd, .word = interest_word[i]});
}
