/* Who waits for which descriptor. The reactors of stages 4 and 5 keep their wakers here,
 * while the kernel, which knows only descriptors, waits; in stage 3 it stays empty. io.c
 * takes back the wakers of dropped futures, task.c asks whether any are left.
 * (POLL_FDS) */
#ifndef CORE_WATCHES_H
#define CORE_WATCHES_H

#include "core/reactor.h"

struct watch {
    struct waker wakers[2]; /* [READABLE] and [WRITABLE]; no task: nobody waits */
    bool registered;        /* stage 5: epoll knows the descriptor */
    bool exceptional;       /* stage 5: an end, an error or urgent bytes have come */
};

static inline bool watch_has(const struct watch *watch, enum interest interest)
{
    return watch->wakers[interest].task != NULL;
}

static inline bool watch_has_any(const struct watch *watch)
{
    return watch_has(watch, READABLE) || watch_has(watch, WRITABLE);
}

/* The entry of fd. It stays where it is. */
struct watch *watch_of(int fd);

void watch_put(int fd, enum interest interest, struct waker waker);

/* Each waker is woken once, so it is taken out; no task in it if there was none. */
struct waker watch_take(int fd, enum interest interest);

/* fd is ready: takes the waker out, and wakes it. */
void watch_wake(int fd, enum interest interest);

void watch_clear(int fd);

int watches_end(void);      /* all descriptors that have a waker are below this one */
size_t watches_count(void); /* how many descriptors have one */

#endif
