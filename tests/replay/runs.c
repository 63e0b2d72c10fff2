/* A run for tests of --replay in which there is what the stages have not: time-outs that
 * are over, tasks that are cancelled, several deadlines of one task, wakes from threads, a
 * signal; and at its end a task that is stuck.
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

static void close_pair(void)
{
    forget_and_close(ends[0]);
    forget_and_close(ends[1]);
}

/* ---- tasks that are never done, and leave their waker with a descriptor, a deadline ---- */

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

static void time_out_and_cancel(void)
{
    struct operation read = read_some(ends[0], &byte, 1);
    struct timeout limit = timeout(&read.future, 10 * MS);
    struct sleep_for sleep = sleep_for(5 * MS);

    block_on(&limit.future);
    struct waker one = spawn_one_that_stays(ends[0], 1);
    struct waker other = spawn_one_that_stays(0, 2);
    block_on(&sleep.future);
    cancel(one); /* has joiners: none; a watch, and a deadline */
    sleep = sleep_for(5 * MS);
    block_on(&sleep.future);
    cancel(other);
}

/* ---- joins, and several deadlines of one task ---- */

static struct future *heap_sleep(int64_t duration)
{
    struct sleep_for *self = allocate(1, sizeof *self);

    *self = sleep_for(duration);
    return &self->future;
}

static void join_and_choose(void)
{
    struct future *children[] = {heap_sleep(15 * MS), heap_sleep(5 * MS),
                                 heap_sleep(10 * MS)};
    struct join_all all = join_all(children, 3);
    struct sleep_for shorter = sleep_for(25 * MS);
    struct sleep_for longer = sleep_for(60 * MS);
    struct either either_one = either(&shorter.future, &longer.future);
    struct either both = either(&either_one.future, &all.future);

    block_on(&both.future); /* all wins: two deadlines are given back */
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

static void ask_a_thread(void)
{
    struct ask self = {.future = {ask_poll, NULL}};

    block_on(&self.future);
    pthread_join(self.thread, NULL);
}

/* ---- a signal ends a wait, and a close takes wakers with it ---- */

static void on_alarm(int number)
{
    (void)number;
}

static void be_interrupted(void)
{
    struct itimerval in_5_ms = {.it_value = {0, 5000}};
    struct sleep_for sleep = sleep_for(15 * MS);

    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &in_5_ms, NULL);
    block_on(&sleep.future);
}

static void close_what_is_watched(void)
{
    struct waker one = spawn_one_that_stays(ends[0], 3);
    struct sleep_for sleep = sleep_for(5 * MS);

    block_on(&sleep.future);
    close_pair();
    sleep = sleep_for(5 * MS);
    block_on(&sleep.future);
    (void)one;
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
    time_out_and_cancel();
    join_and_choose();
    ask_a_thread();
    be_interrupted();
    close_what_is_watched();
    block_on(&stuck);
    return views_end() ? 0 : 1;
}
