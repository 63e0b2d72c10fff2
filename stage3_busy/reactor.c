/* Stage 3: nothing waits. Whoever watches a descriptor is woken at once, tries again,
 * fails again, watches again. Correct, but it burns a whole CPU. */
#include "core/reactor.h"

#include "app/stage.h"
#include "core/task.h"
#include "core/trace.h"

const struct stage stage = {
    .name = "stage3",
    .how = "polls in a busy loop",
};

void reactor_init(bool second_choice)
{
    (void)second_choice;
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    /* whether fd is ready or not: we do not look */
    trace(REACTOR_READY, waker_actor(waker), interest_word(interest), fd, 0);
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
