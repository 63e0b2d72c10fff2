/* One after the other: the second future is made of what the first one gave.
 * (AndThenFut; and the real and_then, which its comment tells of) */
#include "core/combine.h"
#include "core/io.h"
#include "core/message.h"
#include "core/task.h"
#include "lesson.h"

#include <string.h>

/* Get breakfast, then eat it. What we get is not known before we have it. */
struct breakfast {
    int door;
    char food[16];
    struct read_some get;
    struct sleep_for eat;
};

static struct future *eat(void *argument)
{
    struct breakfast *self = argument;
    ssize_t bites = self->get.result;

    say("got %.*s: that is %zd bites, 0.1 s each", (int)bites, self->food, bites);
    self->eat = sleep_for(bites * 100 * INT64_C(1000000));
    return &self->eat.future;
}

/* Somebody who brings it after a while. */
struct waiter {
    struct future future;
    int door;
    struct sleep_for on_the_way;
};

static enum poll_result waiter_poll(struct future *future, struct context *cx)
{
    struct waiter *self = container_of(future, struct waiter, future);
    const char food[] = "egg";

    if (future_poll(&self->on_the_way.future, cx) == PENDING)
        return PENDING;
    struct write_all bring = write_all(self->door, food, strlen(food));
    return future_poll(&bring.future, cx); /* three bytes always have room */
}

static void waiter_drop(struct future *future)
{
    struct waiter *self = container_of(future, struct waiter, future);

    future_drop(&self->on_the_way.future);
}

static void spawn_waiter(int door, int64_t duration)
{
    struct waiter *self = allocate(1, sizeof *self);

    *self = (struct waiter){{waiter_poll, waiter_drop}, door, sleep_for(duration)};
    task_detach(spawn(&self->future, "waiter", 0));
}

int main(int argc, char **argv)
{
    int door[2];

    lesson_start("and_then");
    lesson_pair(door);
    struct breakfast breakfast = {.door = door[0]};
    breakfast.get = read_some(door[0], breakfast.food, sizeof breakfast.food);
    struct and_then both = and_then(&breakfast.get.future, eat, &breakfast);

    spawn_waiter(door[1], lesson_seconds(argc, argv, 0.5));
    say("waiting for breakfast");
    block_on(&both.future);
    say("eaten");
    return 0;
}
