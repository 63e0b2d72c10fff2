/* Who wakes a task? Here a thread: it sleeps, sets `completed` under a lock, and wakes
 * whose waker it finds there. Each poll leaves a new one, because another task may have
 * the future by then. (TimerFuture, SharedState) */
#include "core/core.h"
#include "lesson.h"

struct timer_future {
    struct future future;
    int64_t duration;
    bool started; /* there is a thread, for drop to join */
    pthread_t thread;
    pthread_mutex_t lock;
    /* lock must be held when using these: */
    bool completed;
    struct waker waker;
};

static void *timer_main(void *argument)
{
    struct timer_future *timer = argument;

    sleep_blocking(timer->duration);
    pthread_mutex_lock(&timer->lock);
    timer->completed = true;
    say("thread: the time is over; I wake waker number %d", (int)timer->waker.generation);
    wake(timer->waker);
    pthread_mutex_unlock(&timer->lock);
    helpers--;
    reactor_interrupt(); /* should the wake have gone astray: so that it is noticed */
    return NULL;
}

static enum poll_result timer_future_poll(struct future *future, struct context *cx)
{
    struct timer_future *self = container_of(future, struct timer_future, future);

    if (!self->started) {
        helpers++; /* else the executor would say: no task can ever wake */
        self->thread = start_thread(timer_main, self);
        self->started = true;
    }
    pthread_mutex_lock(&self->lock);
    enum poll_result result = self->completed ? READY : PENDING;
    self->waker = cx->waker; /* even if there is one: it may be another task's */
    say("task: I poll the timer: %s; my waker is number %d",
        result == READY ? "READY" : "PENDING", (int)cx->waker.generation);
    pthread_mutex_unlock(&self->lock);
    if (result == PENDING)
        return pending(cx, FUTURE_ASKS, .word = "its thread, which has the waker");
    return ready("timer_future", 0, 0);
}

/* Shortcut: dropped early, it makes all wait for the thread. In the real thing both share
 * a struct, and who ends last frees it: see spawn_blocking.c. (Arc) */
static void timer_future_drop(struct future *future)
{
    struct timer_future *self = container_of(future, struct timer_future, future);

    if (self->started)
        pthread_join(self->thread, NULL);
    self->started = false;
}

/* A task that ends after one poll of a future that is not its own. */
struct poll_once {
    struct future future;
    struct future *inner;
};

static enum poll_result poll_once_poll(struct future *future, struct context *cx)
{
    future_poll(container_of(future, struct poll_once, future)->inner, cx);
    return READY;
}

int main(int argc, char **argv)
{
    lesson_start("timer_thread", "[SECONDS]", &argc, argv);
    struct timer_future timer = {.future = {timer_future_poll, timer_future_drop},
                                 .duration = lesson_seconds(argc, argv, 2.0),
                                 .lock = PTHREAD_MUTEX_INITIALIZER};
    struct poll_once once = {{poll_once_poll, NULL}, &timer.future};

    /* Two tasks, in the same memory: the generation tells their wakers apart. */
    say("howdy!");
    block_on(&once.future);
    say("task: I end, and leave the timer to the next task");
    block_on(&timer.future);
    say("done!");
    future_drop(&timer.future);
    return 0;
}
