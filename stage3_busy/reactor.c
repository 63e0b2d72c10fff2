/* Stage 3: nothing waits. Whoever watches a descriptor is woken at once, tries again,
 * fails again, watches again. Correct, but it burns a whole CPU. */
#include "core/core.h"

const char *const reactor_how = "polls in a busy loop";

/* It keeps no waker: whoever watches does not wait. */
size_t reactor_watching;

void reactor_init(void)
{
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    if (waker.generation == 0)
        return;
    /* whether fd is ready or not: we do not look */
    trace(REACTOR_READY, .fd = fd, .word = interest_word[interest],
          .other = name_of(waker));
    wake(waker);
}

void reactor_forget(int fd)
{
    (void)fd;
}

void reactor_wait(int64_t timeout)
{
    (void)timeout;
}

void reactor_interrupt(void)
{
}

void reactor_visit(visit_waker *visit)
{
    (void)visit;
}
