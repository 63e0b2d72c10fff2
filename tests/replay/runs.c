/* A run for tests of --replay in which there is what the stages have not: time-outs that
 * are over, tasks that are cancelled, several deadlines of one task, wakes from threads,
 * a signal; and at its end a task that is stuck.
 *     runs FILE.html */
#include "core/core.h"
#include "view/view.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define MS NS_PER_MS

static int ends[2];
static char byte;

static void make_pair(void)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        fail("cannot make a pair of sockets");
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
}

/* ---- tasks that are never done, and leave their waker with somebody ---- */

struct stays {
    struct future future;
    struct operation read;
    struct sleep_for sleep;
};

static enum poll_result stays_poll(struct future *future, struct context *cx)
{
    struct stays *self = container_of(future, struct stays, future);

    future_poll(&self->sleep.future, cx);
    if (self->read.fd > 0)
        future_poll(&self->read.future, cx);
    return PENDING;
}

static void stays_drop(struct future *future)
{
    struct stays *self = container_of(future, struct stays, future);

    future_drop(&self->sleep.future);
    if (self->read.fd > 0)
        future_drop(&self->read.future);
}

static struct waker spawn_one_that_stays(int fd, long number)
{
    struct stays *self = allocate(1, sizeof *self);

    self->future = (struct future){stays_poll, stays_drop};
    self->sleep = sleep_for(10000 * MS);
    if (fd > 0)
        self->read = read_some(fd, &byte, 1);
    return spawn(&self->future, "stays", number);
}

static struct operation read_in_vain;
static struct timeout limit;
static struct waker staying[3];

static struct future *time_out(void)
{
    staying[0] = spawn_one_that_stays(ends[0], 1);
    staying[1] = spawn_one_that_stays(0, 2);
    read_in_vain = read_some(ends[1], &byte, 1);
    limit = timeout(&read_in_vain.future, 10 * MS);
    return &limit.future;
}

static struct sleep_for pause_;

static struct future *wait_a_while(void)
{
    pause_ = sleep_for(5 * MS);
    return &pause_.future;
}

static struct future *cancel_one(void)
{
    cancel(staying[0]); /* a watch, and a deadline are taken back */
    return wait_a_while();
}

static struct future *cancel_while_queued(void)
{
    wake(staying[1]);
    cancel(staying[1]);
    return wait_a_while();
}

/* ---- joins, and several deadlines of one task ---- */

static struct future *heap_sleep(int64_t duration)
{
    struct sleep_for *self = allocate(1, sizeof *self);

    *self = sleep_for(duration);
    return &self->future;
}

static struct future *children[3];
static struct join_all all;
static struct sleep_for shorter, longer;
static struct either sleeps, all_or_sleeps;

/* All that are joined win: two deadlines of main are given back. */
static struct future *join_and_choose(void)
{
    for (int i = 0; i < 3; i++)
        children[i] = heap_sleep((15 - 5 * i) * MS);
    all = join_all(children, 3);
    shorter = sleep_for(40 * MS);
    longer = sleep_for(60 * MS);
    sleeps = either(&shorter.future, &longer.future);
    all_or_sleeps = either(&sleeps.future, &all.future);
    return &all_or_sleeps.future;
}

/* ---- a thread wakes ---- */

struct ask {
    struct future future;
    pthread_t thread;
    struct waker waker;
    atomic_bool is_done;
    bool has_asked;
};

static void *work(void *argument)
{
    struct ask *self = argument;

    acting = (struct actor){"worker", 0};
    trace(OS_THREAD, .fd = 0);
    poll(NULL, 0, 5);
    self->is_done = true;
    wake(self->waker);
    trace(OS_EXIT, .fd = 0);
    helpers--;
    reactor_interrupt();
    return NULL;
}

static enum poll_result ask_poll(struct future *future, struct context *cx)
{
    struct ask *self = container_of(future, struct ask, future);

    if (self->is_done)
        return ready("ask", 0, 0);
    self->waker = cx->waker;
    if (!self->has_asked) {
        self->has_asked = true;
        helpers++;
        if (pthread_create(&self->thread, NULL, work, self) != 0)
            fail("cannot start a thread");
    }
    return pending(cx, FUTURE_ASKS, .word = "what the worker finds");
}

static struct ask asks = {.future = {ask_poll, NULL}};

static struct future *ask_a_thread(void)
{
    return &asks.future;
}

/* ---- a signal ends a wait, and a close takes wakers with it ---- */

static void on_alarm(int number)
{
    (void)number;
}

static struct future *be_interrupted(void)
{
    struct itimerval in_5_ms = {.it_value = {0, 5000}};

    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &in_5_ms, NULL);
    pause_ = sleep_for(15 * MS);
    return &pause_.future;
}

static struct future *watch(void)
{
    staying[2] = spawn_one_that_stays(ends[0], 3);
    return wait_a_while();
}

static struct future *close_what_is_watched(void)
{
    forget_and_close(ends[0]);
    return wait_a_while();
}

/* ---- one after the other, as one task ---- */

static struct future *(*const scenes[])(void) = {
    time_out,       cancel_one, cancel_while_queued,  join_and_choose, ask_a_thread,
    be_interrupted, watch,      close_what_is_watched};
enum { SCENES = sizeof scenes / sizeof scenes[0] };
static int scene;
static struct future *until;

static enum poll_result play_poll(struct future *future, struct context *cx)
{
    (void)future;
    for (; scene < SCENES; scene++) {
        if (until == NULL)
            until = scenes[scene]();
        if (future_poll(until, cx) == PENDING)
            return PENDING;
        until = NULL;
    }
    return READY;
}

/* ---- stuck ---- */

static enum poll_result stuck_poll(struct future *future, struct context *cx)
{
    (void)future;
    (void)cx;
    return PENDING;
}

int main(int argc, char **argv)
{
    static const struct tables tables = {tasks_visit, timers_visit, reactor_visit,
                                         reactor_interrupt};
    struct future play = {play_poll, NULL};
    struct future stuck = {stuck_poll, NULL};

    if (argc < 2)
        return 2;
    program_name = "runs";
    views_start(&(struct views){.name = "runs",
                                .path = argv[0],
                                .how = reactor_how,
                                .tables = &tables,
                                .replay_file = argv[1]});
    reactor_init();
    make_pair();
    block_on(&play);
    block_on(&stuck);
    return views_end() ? 0 : 1;
}
