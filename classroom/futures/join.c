/* Two futures, one after the other, and then side by side: the first takes the sum of
 * both times, the second the longer of them. (join!) */
#include "core/core.h"
#include "lesson.h"

struct nap {
    struct future future;
    enum { AWAKE, ASLEEP } state;
    const char *who;
    int64_t duration;
    struct sleep_for sleep;
};

static enum poll_result nap_poll(struct future *future, struct context *cx)
{
    struct nap *self = container_of(future, struct nap, future);

    if (self->state == AWAKE) {
        say("%s falls asleep", self->who);
        self->sleep = sleep_for(self->duration); /* which counts from now */
        self->state = ASLEEP;
    }
    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    say("%s wakes up", self->who);
    return READY;
}

static void nap_drop(struct future *future)
{
    struct nap *self = container_of(future, struct nap, future);

    future_drop(&self->sleep.future);
}

static struct nap nap(const char *who, int64_t duration)
{
    return (struct nap){.future = {nap_poll, nap_drop}, .who = who, .duration = duration};
}

static struct future *heap_nap(const char *who, int64_t duration)
{
    struct nap *self = allocate(1, sizeof *self);

    *self = nap(who, duration);
    return &self->future;
}

int main(int argc, char **argv)
{
    lesson_start("join", "[SECONDS]", &argc, argv);
    int64_t second = lesson_seconds(argc, argv, 1.0);

    part("one after the other");
    struct nap first = nap("Anna", second / 2);
    block_on(&first.future);
    struct nap then = nap("Boris", second);
    block_on(&then.future);

    part("side by side");
    struct future *both[] = {heap_nap("Anna", second / 2), heap_nap("Boris", second)};
    struct join_all join = join_all(both, 2);
    block_on(&join.future);
    say("both are awake");
    return 0;
}
