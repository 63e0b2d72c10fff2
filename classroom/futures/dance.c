/* Who waits for whom? One must have learned a song to sing it. To dance, one need not
 * wait for either. (learn_song, sing_song, dance) */
#include "core/core.h"
#include "lesson.h"

static int64_t a_while;

struct activity {
    struct future future;
    enum { BEGINNING, GOING_ON } state;
    const char *name;
    struct sleep_for sleep;
};

static enum poll_result activity_poll(struct future *future, struct context *cx)
{
    struct activity *self = container_of(future, struct activity, future);

    if (self->state == BEGINNING) {
        say("%s begins", self->name);
        self->sleep = sleep_for(a_while);
        self->state = GOING_ON;
    }
    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    say("%s ends", self->name);
    return READY;
}

static void activity_drop(struct future *future)
{
    struct activity *self = container_of(future, struct activity, future);

    future_drop(&self->sleep.future);
}

static struct activity activity(const char *name)
{
    return (struct activity){.future = {activity_poll, activity_drop}, .name = name};
}

/* First the one, then the other. */
struct learn_and_sing {
    struct and_then one_by_one; /* comes first: the executor frees what spawn was given */
    struct activity learn;
    struct activity sing;
};

static struct future *start_singing(void *argument)
{
    struct learn_and_sing *self = argument;

    return &self->sing.future;
}

static struct future *learn_and_sing(void)
{
    struct learn_and_sing *self = allocate(1, sizeof *self);

    self->learn = activity("learning");
    self->sing = activity("singing");
    self->one_by_one = and_then(&self->learn.future, start_singing, self);
    return &self->one_by_one.future;
}

static struct future *dance(void)
{
    struct activity *self = allocate(1, sizeof *self);

    *self = activity("dancing");
    return &self->future;
}

int main(int argc, char **argv)
{
    lesson_start("dance", "[SECONDS]", &argc, argv);
    a_while = lesson_seconds(argc, argv, 0.5);

    part("block_on, one by one: each waits for the one before");
    const char *const names[] = {"learning", "singing", "dancing"};
    for (int i = 0; i < 3; i++) {
        struct activity one = activity(names[i]);
        block_on(&one.future);
    }

    part("joined: singing waits for learning, and dancing for nobody");
    struct future *both[] = {learn_and_sing(), dance()};
    struct join_all join = join_all(both, 2);
    block_on(&join.future);
    return 0;
}
