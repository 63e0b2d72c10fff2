/* One after the other: the second future is made of what the first one gave.
 * (AndThenFut) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int door[2]; /* ours, and the cook's */
static int64_t cooking;

static void *cook(void *unused)
{
    sleep_blocking(cooking);
    if (write(door[1], "egg", 3) != 3)
        fail("cannot bring breakfast: %s; run it again", strerror(errno));
    return unused;
}

/* Get breakfast, then eat it. What we get is not known before we have it. */
struct breakfast {
    char food[16];
    struct operation get;
    struct sleep_for eat;
};

static struct future *eat(void *argument)
{
    struct breakfast *self = argument;
    ssize_t bites = self->get.result;

    if (bites < 0)
        fail("cannot get breakfast: %s; run it again", strerror((int)-bites));
    say("got %.*s: that is %zd bites, 0.1 s each", (int)bites, self->food, bites);
    self->eat = sleep_for(bites * NS_PER_SECOND / 10);
    return &self->eat.future;
}

int main(int argc, char **argv)
{
    lesson_start("and_then", "[SECONDS]", &argc, argv);
    cooking = lesson_seconds(argc, argv, 0.5);
    lesson_pair(door);
    struct breakfast breakfast;
    breakfast.get = read_some(door[0], breakfast.food, sizeof breakfast.food);
    struct and_then both = and_then(&breakfast.get.future, eat, &breakfast);

    pthread_t thread = start_thread(cook, NULL);
    say("waiting for breakfast");
    block_on(&both.future);
    say("eaten");
    pthread_join(thread, NULL);
    return 0;
}
