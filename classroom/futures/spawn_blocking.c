/* A call that only blocks stops all tasks when one of them makes it. So a thread makes
 * it, and then wakes the task. (spawn_blocking) */
#include "core/core.h"
#include "lesson.h"

static int64_t a_while;

/* Shortcut: it plays getaddrinfo, a disk, or a long computation. */
static int slow_call(void)
{
    sleep_blocking(a_while);
    return 42;
}

/* The mistake. */
static enum poll_result blocks_poll(struct future *future, struct context *cx)
{
    (void)future;
    (void)cx;
    say("task: I make the call, and nobody else can run");
    say("task: the result is %d", slow_call());
    return READY;
}

/* What the task and the thread share. Shortcut: one, for ever. The real thing is made for
 * each call, and who ends last, task or thread, frees it. (Arc) */
static struct {
    pthread_mutex_t lock;
    /* lock must be held when using these: */
    bool is_over;
    int result;
    struct waker waker;
} call = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *thread_main(void *unused)
{
    int result = slow_call();

    pthread_mutex_lock(&call.lock);
    call.is_over = true;
    call.result = result;
    say("thread: the call is over, I wake the task");
    wake(call.waker); /* through the executor's inbox: that interrupts the reactor */
    pthread_mutex_unlock(&call.lock);
    helpers--;
    reactor_interrupt(); /* should the wake have gone astray: so that it is noticed */
    return unused;
}

static enum poll_result asks_poll(struct future *future, struct context *cx)
{
    (void)future;
    pthread_mutex_lock(&call.lock);
    bool is_over = call.is_over;
    int result = call.result;
    call.waker = cx->waker; /* either it is over, or the thread finds this one */
    pthread_mutex_unlock(&call.lock);
    if (!is_over) {
        say("task: PENDING, and others run");
        return pending(cx, FUTURE_ASKS, .word = "the thread that makes the call");
    }
    say("task: READY, the result is %d", result);
    return ready("asks", 0, result);
}

/* The event log tells what becomes of the others. */
static void show(const struct event *event)
{
    if (event->actor.number > 0) /* main has none */
        say("%s %ld: %s", event->actor.kind, event->actor.number,
            event->kind == EXEC_DONE ? "done" : "cancelled, when the main task was done");
}

static void run(struct future future)
{
    for (int i = 1; i <= 3; i++) {
        struct sleep_for *sleep = allocate(1, sizeof *sleep);
        *sleep = sleep_for(i * a_while / 4);
        spawn(&sleep->future, "sleeper", i);
    }
    block_on(&future);
}

int main(int argc, char **argv)
{
    lesson_start("spawn_blocking", "[SECONDS]", &argc, argv);
    a_while = lesson_seconds(argc, argv, 1.0);
    trace_listen(1U << EXEC_DONE | 1U << EXEC_CANCEL, show);

    part("the task makes the call");
    run((struct future){blocks_poll, NULL});
    part("a thread makes it");
    helpers++; /* else, without sleepers: no task can ever wake */
    pthread_t thread = start_thread(thread_main, NULL);
    run((struct future){asks_poll, NULL});
    pthread_join(thread, NULL);
    return 0;
}
