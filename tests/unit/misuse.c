/* Unit tests of futures that make mistakes, and of what is said of them. Those that exit
 * with 1 are checked from outside. */
#include "unit.h"

#include "view/doctor.h"
#include "view/habits.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static void call_the_doctor(void)
{
    static const struct tables tables = {tasks_visit, timers_visit, reactor_visit,
                                         reactor_interrupt};
    static struct views views = {.name = "unit", .tables = &tables};

    views.how = reactor_how;
    doctor_start(&views);
}

/* ---- tasks that are stuck ---- */

static enum poll_result lose_waker(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    return PENDING;
}

static void test_lost_waker(void)
{
    call_the_doctor();
    struct join_task join =
        join_task(spawn(&heap_script(lose_waker, 'l')->future, "loser", 7));
    block_on_future(&join.future);
    die(__FILE__, __LINE__, "block_on does not come back");
}

static void *forget_to_wake(void *unused)
{
    helpers--;
    reactor_interrupt();
    return unused;
}

static enum poll_result ask_a_forgetful_thread(struct script *self, struct context *cx)
{
    pthread_t thread;

    (void)cx;
    if (self->polls == 1) {
        helpers++;
        CHECK(pthread_create(&thread, NULL, forget_to_wake, NULL) == 0);
        pthread_detach(thread);
    }
    return PENDING;
}

static void test_helper_that_forgets_to_wake(void)
{
    struct script main_script = script(ask_a_forgetful_thread, 'm');

    call_the_doctor();
    block_on(&main_script.future);
    die(__FILE__, __LINE__, "block_on does not come back");
}

/* Sleeps, but the sleep is dropped. */
static enum poll_result drop_sleep(struct script *self, struct context *cx)
{
    self->sleep = sleep_for(10000 * MS);
    CHECK(future_poll(&self->sleep.future, cx) == PENDING);
    future_drop(&self->sleep.future);
    return PENDING;
}

static enum poll_result ask_nobody(struct script *self, struct context *cx)
{
    (void)self;
    return pending(cx, FUTURE_ASKS, .word = "nobody");
}

static void test_lost_deadline(void)
{
    struct script main_script = script(ask_nobody, 'm');

    call_the_doctor();
    spawn(&heap_script(drop_sleep, 's')->future, "sleeper", 0);
    block_on(&main_script.future);
    die(__FILE__, __LINE__, "block_on does not come back");
}

/* Waits for a descriptor that the reactor has to forget. */
static enum poll_result forget_descriptor(struct script *self, struct context *cx)
{
    static char bytes[1];
    int ends[2];

    (void)self;
    make_pair(ends);
    CHECK(dup2(ends[0], 99) == 99); /* a number that the test knows */
    struct operation reads = read_some(99, bytes, sizeof bytes);
    CHECK(future_poll(&reads.future, cx) == PENDING);
    reactor_forget(99);
    return PENDING;
}

static void test_lost_descriptor(void)
{
    struct script main_script = script(forget_descriptor, 'm');

    call_the_doctor();
    block_on(&main_script.future); /* in stage 3 it is polled for ever */
    die(__FILE__, __LINE__, "block_on does not come back");
}

/* Its waker is nobody's, and so waits for nothing. */
static enum poll_result watch_for_nobody(struct script *self, struct context *cx)
{
    static char bytes[1];
    int ends[2];

    (void)self;
    (void)cx;
    make_pair(ends);
    struct operation reads = read_some(ends[0], bytes, sizeof bytes);
    CHECK(future_poll(&reads.future, &(struct context){.operations = 0}) == PENDING);
    return PENDING;
}

static void test_waker_of_nobody(void)
{
    struct script main_script = script(watch_for_nobody, 'm');

    call_the_doctor();
    block_on(&main_script.future);
    die(__FILE__, __LINE__, "block_on does not come back");
}

/* ---- block_on where it cannot be ---- */

static enum poll_result block_in_a_task(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    sleep_in_main(1 * MS);
    return READY;
}

static void test_block_on_inside_of_a_task(void)
{
    spawn_script(block_in_a_task, 'b');
    sleep_in_main(10 * MS);
    die(__FILE__, __LINE__, "block_on does not come back");
}

static enum poll_result cancel_itself(struct script *self, struct context *cx)
{
    (void)self;
    cancel(cx->waker);
    return READY;
}

static void test_a_task_that_cancels_itself(void)
{
    spawn_script(cancel_itself, 'c');
    sleep_in_main(10 * MS);
    die(__FILE__, __LINE__, "cancel does not come back");
}

/* ---- habits ---- */

static enum poll_result be_busy(struct script *self, struct context *cx)
{
    wake(cx->waker);
    return self->polls < 20 ? PENDING : READY;
}

static enum poll_result be_slow(struct script *self, struct context *cx)
{
    struct timespec time = {0, (self->polls == 1 ? 55 : 70) * MS};

    nanosleep(&time, NULL);
    wake(cx->waker);
    return self->polls < 2 ? PENDING : READY;
}

static void test_bad_habits(void)
{
    call_the_doctor();
    spawn(&heap_script(be_busy, 'b')->future, "busy", 1);
    spawn(&heap_script(be_slow, 's')->future, "slow", 2);
    spawn(&heap_script(be_busy, 'c')->future, "busy", 3);
    sleep_in_main(500 * MS); /* longer than they take, on a busy machine, too */
    habits_warn_of_busy_tasks();
    habits_warn_of_long_polls(0);
}

/* Reads, byte by byte, a stream that is always ready: it is polite. */
static enum poll_result read_slowly(struct script *self, struct context *cx)
{
    char byte;

    for (int reads = 0; reads < 500; reads++) {
        struct operation read_it = read_some(self->fd, &byte, 1);
        if (future_poll(&read_it.future, cx) == PENDING)
            return PENDING;
    }
    return READY;
}

static void test_good_habits(void)
{
    struct script *reader = heap_script(read_slowly, 'r');
    int fds[2];

    call_the_doctor();
    make_pair(fds);
    fill(fds[1]);
    reader->fd = fds[0];
    spawn(&reader->future, "reader", 0);
    spawn(&heap_sleeper('s', 60)->future, "sleeper", 0);
    sleep_in_main(100 * MS);
    habits_warn_of_busy_tasks();
    habits_warn_of_long_polls(0);
}

const struct test misuse_tests[] = {
    TEST(lost_waker),
    TEST(helper_that_forgets_to_wake),
    TEST(lost_deadline),
    TEST(lost_descriptor),
    TEST(waker_of_nobody),
    TEST(block_on_inside_of_a_task),
    TEST(bad_habits),
    TEST(good_habits),
    TEST(a_task_that_cancels_itself),
    {NULL, NULL},
};
