/* Stage 4: one poll(2) over every watched descriptor. The kernel forgets our list as soon
 * as it has answered, so each wait hands it over again, and looks at all of it. */
#include "core/core.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

const char *const reactor_how = "sleeps in poll(2)";
size_t reactor_watching;

/* Who waits for what: a row for each descriptor. poll(2) passes over a negative fd.
 *      row   poll_fds (POLL_FDS)         wakers [READABLE]   [WRITABLE]
 *       3    fd 3   POLLIN               nobody (it is interrupt_pipe)
 *       5    fd 5   POLLIN               server              nobody
 *       6    fd 6   POLLOUT              nobody              client 1 */
static struct pollfd *poll_fds;
static struct waker (*wakers)[2];
static int rows;
static int interrupt_pipe[2] = {-1, -1};

static void make_row(int fd)
{
    for (; rows <= fd; rows++) {
        if (rows % 1024 == 0) {
            poll_fds = reallocate(poll_fds, (size_t)rows + 1024, sizeof *poll_fds);
            wakers = reallocate(wakers, (size_t)rows + 1024, sizeof *wakers);
        }
        poll_fds[rows] = (struct pollfd){.fd = -1};
        memset(wakers[rows], 0, sizeof *wakers);
    }
}

void reactor_init(void)
{
    if (pipe(interrupt_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(interrupt_pipe[0]);
    set_nonblocking(interrupt_pipe[1]);
    make_row(interrupt_pipe[0]);
    poll_fds[interrupt_pipe[0]] = (struct pollfd){interrupt_pipe[0], POLLIN, 0};
}

/* Puts a waker into the tables, and returns the one that was there. */
static struct waker swap(int fd, enum interest interest, struct waker waker)
{
    struct waker old = wakers[fd][interest];

    wakers[fd][interest] = waker;
    reactor_watching += waker.generation != 0;
    reactor_watching -= old.generation != 0;
    int events = (wakers[fd][READABLE].generation != 0 ? POLLIN : 0) |
                 (wakers[fd][WRITABLE].generation != 0 ? POLLOUT : 0);
    poll_fds[fd] = (struct pollfd){events != 0 ? fd : -1, (short)events, 0};
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
}

void reactor_forget(int fd)
{
    reactor_watch(fd, READABLE, (struct waker){0});
    reactor_watch(fd, WRITABLE, (struct waker){0});
    trace(REACTOR_FORGET, .fd = fd);
}

static void wake_ready(struct pollfd row) /* a copy: swap clears revents */
{
    if ((row.revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0)
        wake_one(row.fd, READABLE);
    if ((row.revents & (POLLOUT | POLLERR | POLLHUP | POLLNVAL)) != 0)
        wake_one(row.fd, WRITABLE);
}

void reactor_wait(int64_t timeout)
{
    char bytes[64];
    int left = poll(poll_fds, (nfds_t)rows, milliseconds_up(timeout));

    if (left < 0 && errno != EINTR) /* a signal: the executor works the time out again */
        fail("poll of %d descriptors failed: %s", rows, strerror(errno));
    for (int fd = 0; left > 0; fd++) {
        if (poll_fds[fd].revents == 0)
            continue;
        left--;
        if (fd != interrupt_pipe[0])
            wake_ready(poll_fds[fd]);
        else
            while (read(fd, bytes, sizeof bytes) > 0)
                ; /* else it would interrupt the next wait, too */
    }
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
