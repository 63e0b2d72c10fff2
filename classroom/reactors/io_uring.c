/* Stage 5 with io_uring(7). To watch a descriptor is to write a request into a ring that
 * the kernel sees, too: all that were written go with the next wait, and the answers come
 * in a second ring. So neither costs a system call of its own, and a look costs none. */
#include "core/core.h"
#include "ring.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

const char *const reactor_how = "sleeps in io_uring(7)";
size_t reactor_watching;

static struct row {
    struct waker wakers[2];
    bool asked[2]; /* and not yet answered, whoever waits by then */
} * table;
static int rows;
static int interrupt_fd = -1;

static void make_row(int fd)
{
    for (; rows <= fd; rows++) {
        if (rows % 1024 == 0)
            table = reallocate(table, (size_t)rows + 1024, sizeof *table);
        memset(&table[rows], 0, sizeof *table);
    }
}

void reactor_init(void)
{
    ring_init();
    interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (interrupt_fd < 0)
        fail("cannot make an eventfd: %s; raise ulimit -n", strerror(errno));
    make_row(interrupt_fd);
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

static void take_answers(void)
{
    for (int name; ring_take(&name, NULL);) {
        table[name / 2].asked[name % 2] = false;
        if (table[name / 2].wakers[name % 2].generation != 0)
            wake_one(name / 2, (enum interest)(name % 2));
        else if (name / 2 == interrupt_fd)
            (void)!read(interrupt_fd, &(uint64_t){0}, sizeof(uint64_t)); /* until 0 */
    }
}

/* One answer, when fd is ready, which it may be now: so level-triggered. */
static void ask(int fd, enum interest interest)
{
    if (!table[fd].asked[interest])
        ring_poll(fd, interest == READABLE ? POLLIN : POLLOUT, 2 * fd + (int)interest);
    table[fd].asked[interest] = true;
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    make_row(fd);
    struct waker old = swap(fd, interest, waker);
    if (waker.generation != 0 || old.generation != 0)
        trace(REACTOR_WATCH, .fd = fd, .word = interest_word[interest],
              .other = name_of(waker));
    if (waker.generation != 0)
        ask(fd, interest);
}

/* What was asked holds the file: until it is answered, a close would not end that. */
void reactor_forget(int fd)
{
    for (int i = READABLE; i <= WRITABLE; i++) {
        reactor_watch(fd, (enum interest)i, (struct waker){0});
        if (table[fd].asked[i])
            ring_cancel(2 * fd + i, 2 * interrupt_fd + WRITABLE); /* which is nobody's */
    }
    for (; table[fd].asked[READABLE] || table[fd].asked[WRITABLE]; take_answers())
        ring_enter(-1);
    trace(REACTOR_FORGET, .fd = fd);
}

void reactor_wait(int64_t timeout)
{
    ask(interrupt_fd, READABLE);
    if (timeout != 0 || ring_has_work())
        ring_enter(timeout);
    take_answers();
}

void reactor_interrupt(void)
{
    while (write(interrupt_fd, &(uint64_t){1}, sizeof(uint64_t)) < 0 && errno == EINTR)
        ; /* if it is full, it is readable, which is as good */
}

void reactor_visit(visit_waker *visit)
{
    for (int fd = 0; fd < rows; fd++)
        for (int i = READABLE; i <= WRITABLE; i++)
            visit(table[fd].wakers[i],
                  &(struct event){REACTOR_WATCH, fd, .word = interest_word[i]});
}
