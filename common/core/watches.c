#include "core/watches.h"

#include "core/message.h"
#include "core/task.h"
#include "core/trace.h"

/* Entries are made by the block, and a larger descriptor moves none of the others. */
enum { WATCHES = 64, BLOCKS = 65536 };
static struct watch *blocks[BLOCKS]; /* of the descriptors from 0, from 64, ... */
static int blocks_end;               /* no block from here on */
static size_t watched;               /* descriptors with a waker */

/* Up to the one of fd: the kernel gives the lowest number that is free, so none is for
 * nothing. */
static void make_blocks(int fd)
{
    if (fd >= BLOCKS * WATCHES)
        fail("cannot watch descriptor %d: there is room for %d", fd, BLOCKS * WATCHES);
    for (; watches_end() <= fd; blocks_end++)
        blocks[blocks_end] = allocate(WATCHES, sizeof *blocks[blocks_end]);
}

struct watch *watch_of(int fd)
{
    if (fd >= watches_end())
        make_blocks(fd);
    return &blocks[fd / WATCHES][fd % WATCHES];
}

static void set_waker(struct watch *watch, enum interest interest, struct waker waker)
{
    watched -= watch_has_any(watch);
    watch->wakers[interest] = waker;
    watched += watch_has_any(watch);
}

void watch_put(int fd, enum interest interest, struct waker waker)
{
    set_waker(watch_of(fd), interest, waker);
    trace(REACTOR_WATCH, NULL, interest_word(interest), fd, 0);
}

struct waker watch_take(int fd, enum interest interest)
{
    struct watch *watch = watch_of(fd);
    struct waker waker = watch->wakers[interest];

    set_waker(watch, interest, (struct waker){NULL, 0});
    return waker;
}

void watch_wake(int fd, enum interest interest)
{
    struct waker waker = watch_take(fd, interest);

    if (waker.task == NULL)
        return;
    trace(REACTOR_READY, waker_actor(waker), interest_word(interest), fd, 0);
    wake(waker);
}

void watch_clear(int fd)
{
    watch_take(fd, READABLE);
    watch_take(fd, WRITABLE);
    watch_of(fd)->registered = false;
    watch_of(fd)->exceptional = false;
}

int watches_end(void)
{
    return blocks_end * WATCHES;
}

size_t watches_count(void)
{
    return watched;
}
