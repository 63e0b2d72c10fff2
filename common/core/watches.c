#include "core/watches.h"

#include "core/message.h"
#include "core/task.h"
#include "core/trace.h"

#include <stdlib.h>
#include <string.h>

static struct watch *watches; /* indexed by descriptor */
static size_t watches_length;
static size_t watched; /* descriptors with a waker */

/* Copied into new zeroes, not realloc and memset: pages that nobody uses are never
 * touched. */
static void make_room_for(int fd)
{
    size_t length = watches_length == 0 ? 64 : watches_length;

    while (length <= (size_t)fd)
        length *= 2;
    struct watch *larger = allocate(length, sizeof *larger);
    if (watches != NULL)
        memcpy(larger, watches, watches_length * sizeof *larger);
    free(watches);
    watches = larger;
    watches_length = length;
}

struct watch *watch_of(int fd)
{
    if ((size_t)fd >= watches_length)
        make_room_for(fd);
    return &watches[fd];
}

void watch_put(int fd, enum interest interest, struct waker waker)
{
    struct watch *watch = watch_of(fd);

    if (!watch_has_any(watch))
        watched++;
    watch->wakers[interest] = waker;
    trace(REACTOR_WATCH, NULL, interest_word(interest), fd, 0);
}

struct waker watch_take(int fd, enum interest interest)
{
    struct watch *watch = watch_of(fd);
    struct waker waker = watch->wakers[interest];

    watch->wakers[interest].task = NULL;
    if (waker.task != NULL && !watch_has_any(watch))
        watched--;
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
    watches[fd].registered = false;
}

int watches_end(void)
{
    return (int)watches_length;
}

size_t watches_count(void)
{
    return watched;
}
