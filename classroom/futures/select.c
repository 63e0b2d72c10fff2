/* The first of two wins, and the other is dropped: it takes its waker back, and what is
 * sent to it later lies in its socket until somebody reads. (select!) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A server that takes its time to say hello: a thread plays it. */
struct server {
    const char *name;
    int64_t delay;
    int ends[2]; /* ours, and the server's */
    pthread_t thread;
};

static void *server_main(void *argument)
{
    struct server *self = argument;

    sleep_blocking(self->delay);
    say("%s: hello", self->name);
    if (write(self->ends[1], "hello", 5) != 5)
        fail("the server cannot send: %s; run it again", strerror(errno));
    return NULL;
}

/* Polls either, and shows what that did. */
struct shown {
    struct future future;
    struct either either;
};

static enum poll_result shown_poll(struct future *future, struct context *cx)
{
    struct shown *self = container_of(future, struct shown, future);
    enum poll_result result = future_poll(&self->either.future, cx);

    say("task: I poll both: %s; the reactor keeps %zu of my wakers",
        result == READY ? "READY" : "PENDING", reactor_watching);
    return result;
}

/* Returns whether the first one won. Shortcut: `shown` has no drop, for block_on polls it
 * to its end. */
static bool first_wins(struct future *first, struct future *second)
{
    struct shown shown = {{shown_poll, NULL}, either(first, second)};

    block_on(&shown.future);
    return shown.either.first_won;
}

static void read_later(struct server *server)
{
    char bytes[6] = "";
    struct operation read = read_some(server->ends[0], bytes, 5);

    pthread_join(server->thread, NULL);
    block_on(&read.future);
    say("task: %s's %s was not lost with the read that was dropped", server->name, bytes);
}

int main(int argc, char **argv)
{
    lesson_start("select", "[SECONDS]", &argc, argv);
    int64_t second = lesson_seconds(argc, argv, 1.0);
    struct server near = {.name = "near", .delay = second / 2};
    struct server far = {.name = "far", .delay = second};
    char bytes[5];

    lesson_pair(near.ends);
    lesson_pair(far.ends);
    part("two servers: whose answer comes first?");
    near.thread = start_thread(server_main, &near);
    far.thread = start_thread(server_main, &far);
    struct operation from_far = read_some(far.ends[0], bytes, 5);
    struct operation from_near = read_some(near.ends[0], bytes, 5);
    bool far_won = first_wins(&from_far.future, &from_near.future);
    say("task: %s has won, the other is dropped", far_won ? "far" : "near");
    read_later(&far);

    part("a server, or the end of our patience: this is timeout()");
    far.thread = start_thread(server_main, &far);
    from_far = read_some(far.ends[0], bytes, 5);
    struct sleep_for patience = sleep_for(second / 2);
    far_won = first_wins(&from_far.future, &patience.future);
    say("task: %s has won", far_won ? "far" : "patience");
    read_later(&far);

    pthread_join(near.thread, NULL);
    return 0;
}
