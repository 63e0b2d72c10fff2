/* An async function with two waits is a struct with a state: each poll goes on where the
 * last one stopped. Main polls by hand here, so that we see each poll.
 * (AsyncFuture, AwaitingFutOne, AwaitingFutTwo, Done) */
#include "core/core.h"
#include "lesson.h"

/* READY at its last poll. */
struct countdown {
    struct future future;
    int polls_left;
};

/* Shortcut: it leaves no waker, for main polls it anyway. */
static enum poll_result countdown_poll(struct future *future, struct context *cx)
{
    struct countdown *self = container_of(future, struct countdown, future);

    (void)cx;
    self->polls_left--;
    return self->polls_left > 0 ? PENDING : READY;
}

static struct countdown countdown(int polls)
{
    return (struct countdown){{countdown_poll, NULL}, polls};
}

/* What the compiler of Rust makes of: async { fut_one.await; fut_two.await; } */
struct async_future {
    struct future future;
    enum { AWAITING_FUT_ONE, AWAITING_FUT_TWO, DONE } state;
    struct countdown fut_one; /* outlive a wait, so they live here */
    struct countdown fut_two;
};

static const char *const state_names[] = {"AWAITING_FUT_ONE", "AWAITING_FUT_TWO", "DONE"};

static enum poll_result async_future_poll(struct future *future, struct context *cx)
{
    struct async_future *self = container_of(future, struct async_future, future);

    for (;;) {
        switch (self->state) {
        case AWAITING_FUT_ONE:
            if (future_poll(&self->fut_one.future, cx) == PENDING)
                return PENDING;
            self->state = AWAITING_FUT_TWO;
            break;
        case AWAITING_FUT_TWO:
            if (future_poll(&self->fut_two.future, cx) == PENDING)
                return PENDING;
            self->state = DONE;
            break;
        case DONE:
            return READY;
        }
    }
}

static struct async_future async_future(void)
{
    return (struct async_future){
        .future = {async_future_poll, NULL},
        .state = AWAITING_FUT_ONE,
        .fut_one = countdown(3),
        .fut_two = countdown(2),
    };
}

int main(int argc, char **argv)
{
    lesson_without_tasks("state_machine", "", &argc, argv);
    struct async_future async = async_future();
    struct context cx = {.waker = {0}}; /* nobody: it is we who poll again */
    enum poll_result result = PENDING;

    say_untimed("fut_one is READY when it is polled 3 times, fut_two when 2 times");
    say_untimed("%-6s  %-16s  %-8s  %s", "poll", "state before", "returned",
                "state after");
    for (int poll = 1; result == PENDING; poll++) {
        const char *before = state_names[async.state];
        result = future_poll(&async.future, &cx);
        say_untimed("%-6d  %-16s  %-8s  %s", poll, before,
                    result == READY ? "READY" : "PENDING", state_names[async.state]);
    }
    say_untimed(
        "READY: it is never polled again. Poll 3 has polled both, one after the other.");
    say_untimed("It needs no stack: all that outlives a wait is in its %zu bytes,",
                sizeof async);
    say_untimed("of which fut_one and fut_two have %zu each.", sizeof async.fut_one);
    return 0;
}
