/* A future does nothing until somebody polls it. (hello_world) */
#include "core/core.h"
#include "lesson.h"

static enum poll_result hello_world_poll(struct future *future, struct context *cx)
{
    (void)future;
    (void)cx;
    say_untimed("hello, world!");
    return READY;
}

static struct future hello_world(void)
{
    return (struct future){hello_world_poll, NULL};
}

int main(int argc, char **argv)
{
    lesson_start("lazy", "", &argc, argv);

    struct future future = hello_world();
    say_untimed("the future is made, and nothing has happened");

    future_drop(&future);
    future = hello_world();
    say_untimed("that one was dropped, and here is another: still nothing");

    block_on(&future);
    say_untimed("the executor has polled it once, and it was READY");
    return 0;
}
