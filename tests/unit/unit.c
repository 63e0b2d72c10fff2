/* Unit tests of the core, and of the futures of the app. Linked once with each reactor.
 * `unit NAME` runs one test; it prints what was wrong and exits 1. */
#include "unit.h"

#include "app/client.h"
#include "app/net.h"
#include "app/resolve.h"
#include "app/running.h"
#include "app/server.h"
#include "app/stage.h"
#include "app/tally.h"
#include "core/combine.h"
#include "core/doctor.h"
#include "core/io.h"
#include "core/message.h"
#include "core/reactor.h"
#include "core/system.h"
#include "core/task.h"
#include "core/timer.h"
#include "core/watches.h"

#include "view/perfetto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void die(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
    exit(2);
}

/* What happened, a letter for each event. */
static char history[256];

static void note(char letter)
{
    size_t length = strlen(history);

    CHECK(length + 1 < sizeof history);
    history[length] = letter;
}

static enum poll_result script_poll(struct future *future, struct context *cx)
{
    struct script *self = container_of(future, struct script, future);

    self->polls++;
    return self->body(self, cx);
}

static void script_drop(struct future *future)
{
    struct script *self = container_of(future, struct script, future);

    if (self->drops != NULL)
        ++*self->drops;
    future_drop(self->inner != NULL ? self->inner : &(struct future){NULL, NULL});
}

struct script script(script_body *body, char letter)
{
    return (struct script){
        .future = {script_poll, script_drop}, .body = body, .letter = letter, .fd = -1};
}

struct script *heap_script(script_body *body, char letter)
{
    struct script *self = allocate(1, sizeof *self);

    *self = script(body, letter);
    return self;
}

static struct task *spawn_script(script_body *body, char letter)
{
    return spawn(&heap_script(body, letter)->future, "script", letter);
}

enum poll_result run_inner(struct script *self, struct context *cx)
{
    return future_poll(self->inner, cx);
}

void block_on_future(struct future *future)
{
    struct script main_script = script(run_inner, 'm');

    main_script.inner = future;
    block_on(&main_script.future);
}

void sleep_in_main(int64_t duration)
{
    struct sleep_for sleep = sleep_for(duration);

    block_on_future(&sleep.future);
}

typedef void step(void);
enum { STEPS = 4 };
static step *steps[STEPS];

/* One step, a pause in which all others run, the next step, a pause, ... */
static enum poll_result run_steps(struct script *self, struct context *cx)
{
    for (;;) {
        if (self->fd >= 0 && future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        if (++self->fd == STEPS || steps[self->fd] == NULL)
            return READY;
        steps[self->fd]();
        self->sleep = sleep_for(5 * MS);
    }
}

/* All in one block_on, so that tasks live on from step to step. */
static void in_one_run(step *first, step *second, step *third)
{
    struct script main_script = script(run_steps, 'm');

    steps[0] = first;
    steps[1] = second;
    steps[2] = third;
    block_on(&main_script.future);
}

void make_pair(int fds[2])
{
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(set_nonblocking(fds[0]) == 0 && set_nonblocking(fds[1]) == 0);
}

/* ---- the executor ---- */

static enum poll_result note_and_end(struct script *self, struct context *cx)
{
    (void)cx;
    note(self->letter);
    return READY;
}

static struct waker wakers[26];

/* Leaves its waker in wakers[] at its first poll, and ends at its second. */
static enum poll_result park_once(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker;
    if (self->polls == 1)
        return PENDING;
    note(self->letter);
    return READY;
}

static enum poll_result wake_c_a_b(struct script *self, struct context *cx)
{
    if (self->polls == 1) { /* a, b and c are polled first */
        wake(cx->waker);
        return PENDING;
    }
    if (self->polls == 2) {
        wake(wakers[2]);
        wake(wakers[0]);
        wake(wakers[1]);
        wake(cx->waker);
        return PENDING;
    }
    return READY;
}

static void test_wake_order(void)
{
    struct script main_script = script(wake_c_a_b, 'm');

    for (char letter = 'a'; letter <= 'c'; letter++)
        task_detach(spawn_script(park_once, letter));
    block_on(&main_script.future);
    CHECK(strcmp(history, "cab") == 0);
}

static void test_spawn_order(void)
{
    sleep_in_main(0); /* the executor can be used twice */
    for (char letter = 'a'; letter <= 'e'; letter++)
        task_detach(spawn_script(note_and_end, letter));
    sleep_in_main(1 * MS);
    CHECK(strcmp(history, "abcde") == 0);
}

/* Notes each poll, never ends. */
static enum poll_result park_and_note(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker;
    note(self->letter);
    return PENDING;
}

static enum poll_result wake_a_twice(struct script *self, struct context *cx)
{
    if (self->polls == 2) {
        uint64_t wakes = trace_counts[EXEC_WAKE];
        wake(wakers[0]);
        wake(wakers[0]);
        CHECK(trace_counts[EXEC_WAKE] == wakes + 1);
    }
    wake(cx->waker);
    return self->polls < 5 ? PENDING : READY;
}

static void test_double_wake(void)
{
    struct script main_script = script(wake_a_twice, 'm');

    task_detach(spawn_script(park_and_note, 'a'));
    block_on(&main_script.future);
    CHECK(strcmp(history, "aa") == 0); /* the first poll, and one for two wakes */
}

/* Leaves its waker, and is READY at once: what it left is stale then. */
static enum poll_result leave_waker_and_end(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker;
    return READY;
}

static void test_stale_wake(void)
{
    uint64_t wakes;

    task_detach(spawn_script(leave_waker_and_end, 'a'));
    sleep_in_main(1 * MS);
    task_detach(spawn_script(park_and_note, 'b')); /* takes the memory of a */
    sleep_in_main(1 * MS);
    wakes = trace_counts[EXEC_WAKE];
    wake(wakers[0]);
    wake((struct waker){NULL, 0});
    CHECK(trace_counts[EXEC_WAKE] == wakes);
    sleep_in_main(1 * MS);
    CHECK(strcmp(history, "b") == 0);
}

static void test_wake_of_a_done_task_that_nobody_joined(void)
{
    struct task *task = spawn_script(leave_waker_and_end, 'a');

    sleep_in_main(1 * MS);
    uint64_t wakes = trace_counts[EXEC_WAKE];
    wake(wakers[0]);
    CHECK(trace_counts[EXEC_WAKE] == wakes);
    task_detach(task);
}

/* A wake during the task's own poll: must not get lost, nor run within the same batch. */
static enum poll_result wake_self(struct script *self, struct context *cx)
{
    note(self->letter);
    wake(cx->waker);
    return self->polls < 3 ? PENDING : READY;
}

static void test_self_wake(void)
{
    task_detach(spawn_script(wake_self, 'a'));
    task_detach(spawn_script(wake_self, 'b'));
    sleep_in_main(5 * MS);
    CHECK(strcmp(history, "ababab") == 0);
}

static void *wake_a_later(void *unused)
{
    struct timespec time = {0, 30 * MS};

    nanosleep(&time, NULL);
    wake(wakers[0]);
    helper_finished();
    return unused;
}

static enum poll_result ask_a_thread(struct script *self, struct context *cx)
{
    static pthread_t thread;

    if (self->polls == 1) {
        wakers[0] = cx->waker;
        helper_started();
        CHECK(pthread_create(&thread, NULL, wake_a_later, NULL) == 0);
        return PENDING;
    }
    pthread_join(thread, NULL);
    return READY;
}

static void test_wake_from_another_thread(void)
{
    struct script main_script = script(ask_a_thread, 'm');
    int64_t start = now_ns();

    block_on(&main_script.future); /* sleeps, for ever if nobody interrupts it */
    CHECK(main_script.polls == 2);
    CHECK(now_ns() - start >= 30 * MS && now_ns() - start < 5000 * MS);
    CHECK(trace_counts[REACTOR_WAIT] < 10 || strcmp(stage.name, "stage3") == 0);
}

enum { WAKES = 20000 };

static void *wake_often(void *unused)
{
    for (int i = 0; i < WAKES; i++) {
        wake(wakers[0]);
        wake(wakers[1]); /* of a task that is gone */
    }
    return unused;
}

static enum poll_result be_woken_by_threads(struct script *self, struct context *cx)
{
    static pthread_t threads[2];

    wakers[0] = cx->waker;
    if (self->polls == 1) {
        for (int i = 0; i < 2; i++)
            CHECK(pthread_create(&threads[i], NULL, wake_often, NULL) == 0);
        self->sleep = sleep_for(20 * MS);
    }
    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return READY;
}

static void test_wakes_from_many_threads(void)
{
    struct script main_script = script(be_woken_by_threads, 'm');

    task_detach(spawn_script(leave_waker_and_end, 'b'));
    sleep_in_main(1 * MS);
    block_on(&main_script.future);
    CHECK(main_script.polls >= 2);
}

static enum poll_result join_inner(struct script *self, struct context *cx)
{
    enum poll_result result = future_poll(self->inner, cx);

    if (result == READY)
        note('J');
    return result;
}

static enum poll_result sleep_and_note(struct script *self, struct context *cx)
{
    if (self->polls == 1)
        self->sleep = sleep_for(self->fd * MS);
    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    note(self->letter);
    return READY;
}

/* The sleep is in the script: its drop must reach it. */
static struct script *heap_sleeper(char letter, int ms)
{
    struct script *self = heap_script(sleep_and_note, letter);

    self->fd = ms;
    self->sleep = sleep_for(ms * MS);
    self->inner = &self->sleep.future;
    return self;
}

static void test_join_waits_and_frees(void)
{
    int drops_of_sleeper = 0;
    struct script *sleeper = heap_sleeper('s', 20);
    sleeper->drops = &drops_of_sleeper;
    struct join_task joins = join_task(spawn(&sleeper->future, "sleeper", 1));
    struct script main_script = script(join_inner, 'm');

    main_script.inner = &joins.future;
    block_on(&main_script.future);
    CHECK(strcmp(history, "sJ") == 0 && drops_of_sleeper == 1);
    CHECK(main_script.polls == 2); /* woken by the task, and by nothing else */
}

static int drops;
static struct task *task;
static struct join_task join;

static void join_a_sleeper(void)
{
    struct script *sleeper = heap_sleeper('s', 7);

    sleeper->drops = &drops;
    join = join_task(spawn(&sleeper->future, "sleeper", 1));
}

static void drop_join(void)
{
    CHECK(drops == 0);
    future_drop(&join.future);
    CHECK(drops == 0);
}

static void join_a_task_that_ends(void)
{
    join = join_task(spawn_script(note_and_end, 'e'));
}

static void test_dropped_join_detaches(void)
{
    in_one_run(join_a_sleeper, drop_join, NULL);
    CHECK(drops == 1 && strcmp(history, "s") == 0);

    drops = 0;
    in_one_run(join_a_task_that_ends, drop_join,
               drop_join); /* it is done: frees it, once */
    join_a_sleeper();
    sleep_in_main(1 * MS); /* cancels it in the end */
    CHECK(drops == 1);
    future_drop(&join.future); /* knows that the task is gone */
}

static void cancel_before_the_first_poll(void)
{
    struct script *queued = heap_sleeper('q', 10);

    queued->drops = &drops;
    task_cancel(spawn(&queued->future, "queued", 0));
    CHECK(drops == 1);

    struct script *asleep = heap_sleeper('a', 10000);
    asleep->drops = &drops;
    task = spawn(&asleep->future, "asleep", 0);
}

static void cancel_while_it_waits(void)
{
    task_cancel(task);
    CHECK(drops == 2 && !timers_pending());

    /* in the middle of the run queue, and at its end */
    task_detach(spawn_script(note_and_end, 'x'));
    struct task *middle = spawn_script(note_and_end, 'M');
    task_detach(spawn_script(note_and_end, 'y'));
    struct task *last = spawn_script(note_and_end, 'L');
    task_cancel(middle);
    task_cancel(last);
    task = spawn_script(note_and_end, 'z');
}

static void cancel_when_it_is_done(void)
{
    CHECK(strcmp(history, "xyz") == 0);
    task_cancel(task);
}

static void test_cancel_in_every_state(void)
{
    in_one_run(cancel_before_the_first_poll, cancel_while_it_waits,
               cancel_when_it_is_done);
    CHECK(drops == 2);
}

static void cancel_what_main_joins(void)
{
    task_cancel(task);
}

static enum poll_result cancel_at_the_second_poll(struct script *self, struct context *cx)
{
    if (self->polls == 2) {
        cancel_what_main_joins();
        return READY;
    }
    wake(cx->waker);
    return PENDING;
}

static void test_a_cancelled_task_wakes_its_joiner(void)
{
    task = spawn(&heap_sleeper('s', 10000)->future, "sleeper", 1);
    join = join_task(task);
    task_detach(spawn_script(cancel_at_the_second_poll, 'c'));
    block_on_future(&join.future); /* READY, though the sleeper never will be */
    future_drop(&join.future);

    struct task *one =
        spawn_script(note_and_end, 'a'); /* the memory is free once, not twice */
    struct task *other = spawn_script(note_and_end, 'b');
    CHECK(one != other);
    task_detach(one);
    task_detach(other);
    sleep_in_main(1 * MS);
    CHECK(strcmp(history, "ab") == 0);
}

static enum poll_result cancel_the_next(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    task_cancel(task);
    return READY;
}

static void spawn_killer_and_victim(void)
{
    task_detach(spawn_script(cancel_the_next, 'k'));
    task = spawn_script(note_and_end, 'v');
}

static void test_a_task_may_cancel_the_next_of_its_batch(void)
{
    in_one_run(spawn_killer_and_victim, NULL, NULL);
    CHECK(strcmp(history, "") == 0);
}

static void test_block_on_cancels_what_is_left(void)
{
    for (int i = 0; i < 100; i++) {
        struct script *sleeper = heap_sleeper('s', 10000);
        sleeper->drops = &drops;
        task_detach(spawn(&sleeper->future, "sleeper", i));
    }
    sleep_in_main(1 * MS);
    CHECK(drops == 100 && !timers_pending());
}

static void test_yield_lets_all_others_run(void)
{
    struct yield_now yield = yield_now();

    for (char letter = 'a'; letter <= 'e'; letter++)
        task_detach(spawn_script(note_and_end, letter));
    block_on_future(&yield.future);
    CHECK(strcmp(history, "abcde") == 0);
}

static enum poll_result lose_waker(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    return PENDING;
}

static void test_lost_waker(void)
{
    join = join_task(spawn(&heap_script(lose_waker, 'l')->future, "loser", 7));
    block_on_future(&join.future);
    die(__FILE__, __LINE__, "block_on does not come back");
}

static void *forget_to_wake(void *unused)
{
    helper_finished();
    return unused;
}

static enum poll_result ask_a_forgetful_thread(struct script *self, struct context *cx)
{
    pthread_t thread;

    (void)cx;
    if (self->polls == 1) {
        helper_started();
        CHECK(pthread_create(&thread, NULL, forget_to_wake, NULL) == 0);
        pthread_detach(thread);
    }
    return PENDING;
}

static void test_helper_that_forgets_to_wake(void)
{
    struct script main_script = script(ask_a_forgetful_thread, 'm');

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
    (void)cx;
    trace_pending(FUTURE_ASKS, NULL, "nobody", -1, 0);
    return PENDING;
}

static void test_lost_deadline(void)
{
    struct script main_script = script(ask_nobody, 'm');

    task_detach(spawn(&heap_script(drop_sleep, 's')->future, "sleeper", 0));
    block_on(&main_script.future);
    die(__FILE__, __LINE__, "block_on does not come back");
}

/* Waits for a descriptor that the reactor has to forget. */
static enum poll_result forget_descriptor(struct script *self, struct context *cx)
{
    static char bytes[1];
    int ends[2];

    make_pair(ends);
    CHECK(dup2(ends[0], 99) == 99);
    struct read_some reads = read_some(99, bytes, sizeof bytes);
    CHECK(future_poll(&reads.future, cx) == PENDING);
    reactor_forget(99);
    (void)self;
    return PENDING;
}

static void test_lost_descriptor(void)
{
    struct script main_script = script(forget_descriptor, 'm');

    block_on(&main_script.future); /* in stage 3 it is polled for ever */
    die(__FILE__, __LINE__, "block_on does not come back");
}

/* ---- the doctor ---- */

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
    task_detach(spawn(&heap_script(be_busy, 'b')->future, "busy", 1));
    task_detach(spawn(&heap_script(be_slow, 's')->future, "slow", 2));
    task_detach(spawn(&heap_script(be_busy, 'c')->future, "busy", 3));
    sleep_in_main(200 * MS);
    doctor_warns();
}

static enum poll_result yield_often(struct script *self, struct context *cx)
{
    static struct yield_now yield;

    for (; self->fd < 30; self->fd++) {
        if (self->polls == 1)
            yield = yield_now();
        if (future_poll(&yield.future, cx) == PENDING)
            return PENDING;
        yield = yield_now();
    }
    return READY;
}

static void test_good_habits(void)
{
    task_detach(spawn(&heap_script(yield_often, 'y')->future, "yielder", 0));
    task_detach(spawn(&heap_sleeper('s', 60)->future, "sleeper", 0));
    sleep_in_main(100 * MS);
    doctor_warns();
}

/* ---- the event log ---- */

/* What somebody else called, and errno, are not changed by it. */
static void test_trace_of_strange_names(void)
{
    perfetto_start("/dev/stdout");
    task_detach(spawn_script(note_and_end, 'a'));
    task_detach(spawn(&heap_script(note_and_end, 'b')->future, "a \"name\"\n\\", 3));
    sleep_in_main(1 * MS);
    CHECK(perfetto_end());
}

static void ignore(const struct event *event)
{
    (void)event;
    errno = EINVAL;
}

static void test_events_do_not_change_errno(void)
{
    trace_listen(ignore);
    errno = EAGAIN;
    trace_call("read", 0, -1);
    trace(FUTURE_READY, NULL, "", -1, 0);
    CHECK(errno == EAGAIN);
}

static void test_wasted_polls(void)
{
    struct script main_script = script(wake_a_twice, 'm');

    /* main: 5 polls, the first PENDING, then 3 PENDING in vain, then READY */
    task_detach(spawn_script(park_and_note, 'a')); /* a second poll, in vain */
    block_on(&main_script.future);
    CHECK(trace_counts[EXEC_POLL] == 7);
    CHECK(trace_counts[EXEC_WASTED] == 4);
}

/* ---- timers ---- */

static void test_timer_order(void)
{
    static const int ms[] = {50, 10, 40, 20, 30, 5};

    for (int i = 0; i < 6; i++)
        task_detach(spawn(&heap_sleeper((char)('a' + i), ms[i])->future, "sleeper", i));
    sleep_in_main(80 * MS);
    CHECK(strcmp(history, "fbdeca") == 0);
}

static void test_sleep_never_ends_early(void)
{
    for (int i = 0; i < 20; i++) {
        int64_t duration = (i * 137 % 1000) * 3000 + 1;
        int64_t start = now_ns();
        sleep_in_main(duration);
        CHECK(now_ns() - start >= duration);
    }
    if (strcmp(stage.name, "stage3") != 0)
        CHECK(trace_counts[REACTOR_WAIT] <= 40); /* rounded up: it does not ask again */
}

static void test_milliseconds_round_up(void)
{
    CHECK(milliseconds_up(-1) == -1 && milliseconds_up(INT64_MIN) == -1);
    CHECK(milliseconds_up(0) == 0);
    CHECK(milliseconds_up(1) == 1);
    CHECK(milliseconds_up(MS) == 1);
    CHECK(milliseconds_up(MS + 1) == 2);
    CHECK(milliseconds_up(INT64_MAX) == INT_MAX);
}

static void test_sleep_for_ever_does_not_overflow(void)
{
    struct sleep_for sleep = sleep_for(INT64_MAX);

    CHECK(sleep.deadline == INT64_MAX);
}

struct waker some_waker(void)
{
    task_detach(spawn_script(leave_waker_and_end, 'a'));
    sleep_in_main(0);
    return wakers[0];
}

/* The deadlines come out in order, whatever went in and was taken out. */
static void test_timer_cancellation(void)
{
    enum { SLEEPS = 1000 };
    static struct sleep_for sleeps[SLEEPS];
    struct context cx = {.waker = some_waker()};

    for (int i = 0; i < SLEEPS; i++) {
        sleeps[i] = sleep_for(10000 * MS + i * 7919 % SLEEPS * MS);
        CHECK(future_poll(&sleeps[i].future, &cx) == PENDING);
    }
    for (int i = 0; i < SLEEPS; i++)
        if (i % 3 != 0) {
            future_drop(&sleeps[i].future);
            future_drop(&sleeps[i].future);
        }
    int64_t last = 0;
    for (int left = (SLEEPS + 2) / 3; left > 0; left--) {
        int64_t next = timers_next();
        struct sleep_for *first = NULL;
        for (int i = 0; i < SLEEPS; i++)
            if (sleeps[i].place == 1)
                first = &sleeps[i];
        CHECK(first != NULL && next > 9000 * MS && first->deadline >= last);
        CHECK((first - sleeps) % 3 == 0);
        last = first->deadline;
        future_drop(&first->future);
    }
    CHECK(!timers_pending() && timers_next() == -1);
}

static int64_t time_to_insert_and_remove(int count)
{
    struct sleep_for *sleeps = allocate((size_t)count, sizeof *sleeps);
    struct context cx = {.waker = some_waker()};
    int64_t start = now_ns();

    for (int i = 0; i < count; i++) {
        sleeps[i] =
            sleep_for(100000 * MS - i * INT64_C(1000)); /* each the new first one */
        CHECK(future_poll(&sleeps[i].future, &cx) == PENDING);
    }
    for (int i = 0; i < count; i++)
        future_drop(&sleeps[i].future);
    int64_t time = now_ns() - start;
    free(sleeps);
    return time;
}

/* In a list, forty times as many would take 1600 times as long. */
static void test_ten_thousand_sleepers(void)
{
    int64_t few = INT64_MAX;
    int64_t many = INT64_MAX;

    for (int i = 0; i < 5; i++) {
        int64_t time = time_to_insert_and_remove(250);
        few = time < few ? time : few;
        time = time_to_insert_and_remove(10000);
        many = time < many ? time : many;
    }
    CHECK(many < 40 * few * 8);
}

/* ---- leaf futures ---- */

static int listen_here(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int listener = net_listen("127.0.0.1", 0);

    CHECK(set_nonblocking(listener) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)address, &length) == 0);
    return listener;
}

static void test_read_and_write(void)
{
    int fds[2];
    char bytes[8];

    make_pair(fds);
    struct write_all write_it = write_all(fds[0], "hello", 5);
    block_on_future(&write_it.future);
    CHECK(write_it.result == 0 && write_it.position == 5);

    struct read_some read_it = read_some(fds[1], bytes, sizeof bytes);
    block_on_future(&read_it.future);
    CHECK(read_it.result == 5 && memcmp(bytes, "hello", 5) == 0);

    forget_and_close(fds[0]);
    read_it = read_some(fds[1], bytes, sizeof bytes);
    block_on_future(&read_it.future);
    CHECK(read_it.result == 0); /* the end */

    write_it = write_all(fds[1], "hello", 5);
    block_on_future(&write_it.future);
    CHECK(write_it.result == -EPIPE);
    forget_and_close(fds[1]);

    read_it = read_some(fds[1], bytes, sizeof bytes);
    block_on_future(&read_it.future);
    CHECK(read_it.result == -EBADF);
}

/* Copies what comes from self->fd, and checks that it is the alphabet over and over. */
static long bytes_received;

static enum poll_result receive_alphabet(struct script *self, struct context *cx)
{
    char bytes[1000];

    for (;;) {
        struct read_some read_it = read_some(self->fd, bytes, sizeof bytes);
        if (future_poll(&read_it.future, cx) == PENDING)
            return PENDING;
        CHECK(read_it.result >= 0);
        for (ssize_t i = 0; i < read_it.result; i++)
            CHECK(bytes[i] == 'a' + bytes_received++ % 26);
        if (read_it.result == 0)
            return READY;
    }
}

static int polls_of_writer;

static enum poll_result write_then_close(struct script *self, struct context *cx)
{
    polls_of_writer = self->polls;
    if (future_poll(self->inner, cx) == PENDING)
        return PENDING;
    forget_and_close(self->fd);
    return READY;
}

static void test_write_all_through_a_small_buffer(void)
{
    enum { SIZE = 64 * 1024 };
    static char text[SIZE];
    int fds[2];
    int small = 8 * 1024;

    for (int i = 0; i < SIZE; i++)
        text[i] = (char)('a' + i % 26);
    make_pair(fds);
    CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);

    struct write_all write_it = write_all(fds[0], text, SIZE);
    struct script *writer = heap_script(write_then_close, 'w');
    writer->inner = &write_it.future;
    writer->fd = fds[0];
    struct script reader = script(receive_alphabet, 'r');
    reader.fd = fds[1];
    task_detach(spawn(&writer->future, "writer", 0));
    block_on(&reader.future);
    CHECK(bytes_received == SIZE && write_it.result == 0);
    printf("write_all of 64 KiB through an 8 KiB buffer: %d polls\n", polls_of_writer);
    CHECK(polls_of_writer > 2 && polls_of_writer < SIZE / 1024);
    forget_and_close(fds[1]);
}

/* ---- two directions, reuse, spurious wakes: what only a reactor can get wrong ---- */

static int fds[2];
static char byte;
static struct write_all writing;
static struct read_some reading;

static enum poll_result run_inner_and_note(struct script *self, struct context *cx)
{
    wakers[self->letter - 'a'] = cx->waker;
    if (future_poll(self->inner, cx) == PENDING)
        return PENDING;
    note(self->letter);
    return READY;
}

static struct script *note_end_of(struct future *inner, char letter)
{
    struct script *self = heap_script(run_inner_and_note, letter);

    self->inner = inner;
    return self;
}

static void spawn_reader_and_writer(void)
{
    char bytes[65536] = "";

    make_pair(fds);
    while (write(fds[0], bytes, sizeof bytes) > 0) /* full: the writer will wait */
        ;
    reading = read_some(fds[0], &byte, 1);
    writing = write_all(fds[0], "w", 1);
    task_detach(spawn(&note_end_of(&reading.future, 'r')->future, "reader", 0));
    task_detach(spawn(&note_end_of(&writing.future, 'w')->future, "writer", 0));
}

static void make_it_readable(void)
{
    CHECK(strcmp(history, "") == 0);
    CHECK(write(fds[1], "x", 1) == 1);
}

static void make_it_writable(void)
{
    char bytes[65536];

    CHECK(strcmp(history, "r") == 0 && byte == 'x');
    while (read(fds[1], bytes, sizeof bytes) > 0)
        ;
}

static void test_reader_and_writer_on_one_descriptor(void)
{
    in_one_run(spawn_reader_and_writer, make_it_readable, make_it_writable);
    CHECK(strcmp(history, "rw") == 0);
}

static void hang_up_other_end(void)
{
    close(fds[1]);
}

static void test_hang_up_wakes_both_ways(void)
{
    in_one_run(spawn_reader_and_writer, hang_up_other_end, NULL);
    CHECK(strlen(history) == 2);
    CHECK(reading.result == -ECONNRESET || reading.result == 0);
    CHECK(writing.result == -EPIPE);
}

static void spawn_reader(void)
{
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    task_detach(spawn(&note_end_of(&reading.future, 'r')->future, "reader", 0));
}

static void wake_it_for_nothing(void)
{
    wake(wakers['r' - 'a']);
}

static void test_spurious_wake_does_no_harm(void)
{
    in_one_run(spawn_reader, wake_it_for_nothing, wake_it_for_nothing);
    CHECK(strcmp(history, "") == 0);
    in_one_run(spawn_reader, wake_it_for_nothing, make_it_readable);
    CHECK(strcmp(history, "r") == 0);
}

/* PENDING, then polled again before the reactor has said anything: READY. */
static enum poll_result succeed_unasked(struct script *self, struct context *cx)
{
    char bytes[65536] = "";

    (void)self;
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    CHECK(future_poll(&reading.future, cx) == PENDING);
    CHECK(write(fds[1], "x", 1) == 1);
    CHECK(future_poll(&reading.future, cx) == READY && watches_count() == 0);

    while (write(fds[0], bytes, sizeof bytes) > 0)
        ;
    writing = write_all(fds[0], "w", 1);
    CHECK(future_poll(&writing.future, cx) == PENDING);
    while (read(fds[1], bytes, sizeof bytes) > 0)
        ;
    CHECK(future_poll(&writing.future, cx) == READY && watches_count() == 0);
    return READY;
}

static enum poll_result connect_unasked(struct script *self, struct context *cx)
{
    struct sockaddr_in address;
    int listener = listen_here(&address);
    struct connect_to connecting =
        connect_to((struct sockaddr *)&address, sizeof address);
    struct accept_one accepting = accept_one(listener);

    (void)self;
    CHECK(future_poll(&accepting.future, cx) == PENDING);
    CHECK(future_poll(&connecting.future, cx) == PENDING);
    while (future_poll(&connecting.future, cx) == PENDING)
        ;
    while (future_poll(&accepting.future, cx) == PENDING)
        ;
    CHECK(connecting.result >= 0 && accepting.result >= 0 && watches_count() == 0);
    return READY;
}

static void test_success_takes_the_waker_back(void)
{
    struct script reads_and_writes = script(succeed_unasked, 'm');
    struct script connects = script(connect_unasked, 'm');

    block_on(&reads_and_writes.future);
    block_on(&connects.future);
}

/* Watches at its first poll, and keeps a note of all of them. */
static enum poll_result watch_once(struct script *self, struct context *cx)
{
    note(self->letter);
    if (self->polls == 1)
        reactor_watch(fds[0], READABLE, cx->waker);
    return PENDING;
}

static void spawn_watcher(void)
{
    make_pair(fds);
    task_detach(spawn_script(watch_once, 'o'));
}

static void reuse_its_descriptor(void)
{
    int old[2] = {fds[0], fds[1]};

    memset(history, 0, sizeof history);
    forget_and_close(fds[0]);
    forget_and_close(fds[1]);
    CHECK(watches_count() == 0);
    spawn_reader();
    CHECK(fds[0] == old[0] && fds[1] == old[1]);
}

static void test_descriptor_reuse(void)
{
    in_one_run(spawn_watcher, reuse_its_descriptor, make_it_readable);
    CHECK(strcmp(history, "r") == 0); /* the new one was woken, the old one was not */
}

static void write_to_new_descriptor(void)
{
    reuse_its_descriptor();
    make_it_readable();
}

static void test_old_events_do_not_reach_a_new_watch(void)
{
    in_one_run(spawn_watcher, write_to_new_descriptor, NULL);
    CHECK(strcmp(history, "r") == 0);
}

static void spawn_two_watchers(void)
{
    spawn_watcher();
    task_detach(spawn_script(watch_once, 'p')); /* same descriptor, same interest */
}

static void test_a_new_waker_takes_the_place_of_the_old_one(void)
{
    if (strcmp(stage.name, "stage3") == 0)
        return; /* it keeps no wakers */
    in_one_run(spawn_two_watchers, NULL, NULL);
    CHECK(strcmp(history, "op") == 0 && watches_count() == 1);
    memset(history, 0, sizeof history);
    make_it_readable();
    reactor_wait(0); /* the task is gone: nothing happens, but nothing breaks */
    CHECK(watches_count() == 0);
}

/* As a lesson does that polls by hand: the executor must not wait for nobody. */
static void test_a_waker_of_nobody_is_not_counted(void)
{
    struct context cx = {.waker = {NULL, 0}};

    make_pair(fds);
    struct read_some read = read_some(fds[0], &byte, 1);
    CHECK(future_poll(&read.future, &cx) == PENDING);
    CHECK(future_poll(&read.future, &cx) == PENDING);
    future_drop(&read.future);
    CHECK(watches_count() == 0);
    forget_and_close(fds[0]);
    close(fds[1]);
}

static void test_interrupt_ends_a_wait(void)
{
    int64_t start = now_ns();

    for (int i = 0; i < 100000; i++) /* more than a pipe holds */
        reactor_interrupt();
    reactor_wait(10 * NS_PER_SECOND);
    CHECK(now_ns() - start < 5 * NS_PER_SECOND);
    if (strcmp(stage.name, "stage3") == 0)
        return;
    start = now_ns();
    reactor_wait(20 * MS); /* the interrupts are used up */
    CHECK(now_ns() - start >= 20 * MS);
}

/* ---- accept and connect ---- */

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void test_connect_and_accept(void)
{
    struct sockaddr_in address;
    int listener = listen_here(&address);
    int before = open_descriptors();
    struct connect_to connecting =
        connect_to((struct sockaddr *)&address, sizeof address);
    struct accept_one accepting = accept_one(listener);

    block_on_future(&connecting.future);
    CHECK(connecting.result >= 0);
    future_drop(&connecting.future); /* what it has given away is not its to close */
    block_on_future(&accepting.future);
    CHECK(accepting.result >= 0);
    CHECK((fcntl((int)accepting.result, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl((int)connecting.result, F_GETFL) & O_NONBLOCK) != 0);
    CHECK(open_descriptors() == before + 2);
    forget_and_close((int)accepting.result);
    forget_and_close((int)connecting.result);
    forget_and_close(listener);
}

static void test_connect_refused(void)
{
    struct sockaddr_in address;
    int before = open_descriptors();

    forget_and_close(listen_here(&address)); /* now nobody listens there */
    struct connect_to connecting =
        connect_to((struct sockaddr *)&address, sizeof address);
    block_on_future(&connecting.future);
    CHECK(connecting.result == -ECONNREFUSED);
    CHECK(open_descriptors() == before);
}

static void test_connect_dropped(void)
{
    struct sockaddr_in address;
    struct context cx = {.waker = some_waker()};
    int listener = listen_here(&address);
    int before = open_descriptors();
    struct connect_to connecting =
        connect_to((struct sockaddr *)&address, sizeof address);

    future_drop(&connecting.future); /* not started */
    CHECK(future_poll(&connecting.future, &cx) == PENDING);
    CHECK(open_descriptors() == before + 1);
    future_drop(&connecting.future);
    future_drop(&connecting.future);
    CHECK(open_descriptors() == before && watches_count() == 0);
    forget_and_close(listener);
}

/* ---- timeout ---- */

static void test_timeout(void)
{
    char bytes[8];

    make_pair(fds);
    struct read_some read_it = read_some(fds[0], bytes, sizeof bytes);
    struct timeout timed = timeout(&read_it.future, 10 * MS);
    int64_t start = now_ns();
    block_on_future(&timed.future);
    CHECK(timed.result == -ETIMEDOUT && now_ns() - start >= 10 * MS);
    CHECK(watches_count() == 0); /* the read has taken its waker back */

    CHECK(write(fds[1], "abc", 3) == 3);
    read_it = read_some(fds[0], bytes, sizeof bytes);
    timed = timeout(&read_it.future, 0); /* both at once: the inner one wins */
    block_on_future(&timed.future);
    CHECK(timed.result == 0 && read_it.result == 3);
    CHECK(!timers_pending());
}

static void test_timeout_dropped(void)
{
    struct context cx = {.waker = some_waker()};
    struct sleep_for sleep = sleep_for(10000 * MS);
    struct timeout timed = timeout(&sleep.future, 20000 * MS);

    future_drop(&timed.future); /* before its first poll */
    CHECK(future_poll(&timed.future, &cx) == PENDING);
    CHECK(timers_pending());
    future_drop(&timed.future);
    future_drop(&timed.future);
    CHECK(!timers_pending());
}

/* ---- the app's futures, dropped wherever they are ---- */

static const struct options patient = {.delay = 10000 * MS, .timeout = 10000 * MS};
static struct addrinfo *server_address;
static int server_listener;
static int descriptors_before;
static struct task *server_task;
static struct task *client_task;

static void start_server_and_client(void)
{
    descriptors_before = open_descriptors();
    server_listener = net_listen("127.0.0.1", 0);
    CHECK(set_nonblocking(server_listener) == 0);
    CHECK(net_find("127.0.0.1", net_port(server_listener), 0, &server_address) == NULL);
    server_task = spawn(server_main(server_listener, &patient), "server", 0);
    client_task = spawn(client_main(server_address, &patient), "client", 1);
}

static void cancel_client(void)
{
    CHECK(open_descriptors() > descriptors_before + 1);
    task_cancel(client_task);
}

static void cancel_server(void)
{
    CHECK(tally_of(DEMO).completed == 0 && tally_of(DEMO).failed == 0);
    task_cancel(server_task);
}

static void test_server_and_client_dropped_while_they_wait(void)
{
    in_one_run(start_server_and_client, cancel_client, cancel_server);
    CHECK(tally_of(SERVE).failed == 1); /* the response, dropped by block_on */
    CHECK(open_descriptors() == descriptors_before);
    CHECK(!timers_pending() && watches_count() == 0);
    freeaddrinfo(server_address);
}

static void start_and_cancel_at_once(void)
{
    start_server_and_client();
    cancel_server();
    task_cancel(client_task);
    CHECK(open_descriptors() == descriptors_before);
    freeaddrinfo(server_address);
}

static void test_server_and_client_dropped_before_their_first_poll(void)
{
    in_one_run(start_and_cancel_at_once, NULL, NULL);
}

/* Polled by hand, with nobody to run what they wake. */
static void test_client_dropped_while_it_connects(void)
{
    struct context cx = {.waker = some_waker()};

    descriptors_before = open_descriptors();
    server_listener = net_listen("127.0.0.1", 0);
    CHECK(net_find("127.0.0.1", net_port(server_listener), 0, &server_address) == NULL);
    struct future *client = client_main(server_address, &patient);
    CHECK(future_poll(client, &cx) == PENDING);
    future_drop(client);
    future_drop(client);
    free(client);
    close(server_listener);
    CHECK(open_descriptors() == descriptors_before && !timers_pending());
    freeaddrinfo(server_address);
}

static void test_all_answered_waits_for_responses(void)
{
    struct all_answered answered = all_answered();

    block_on_future(&answered.future); /* none runs: READY at once */
    CHECK(trace_counts[EXEC_POLL] == 1);
}

/* ---- names ---- */

static void test_resolve_of_a_numeric_address_needs_no_thread(void)
{
    struct resolve looking = resolve("::1", 80);

    block_on_future(&looking.future);
    CHECK(looking.why_not == NULL && looking.addresses != NULL &&
          trace_counts[EXEC_POLL] == 1);
    freeaddrinfo(looking.addresses);
}

static void test_resolve_of_a_name(void)
{
    struct resolve looking = resolve("localhost", 80);

    block_on_future(&looking.future);
    CHECK(looking.why_not == NULL && looking.addresses != NULL &&
          trace_counts[EXEC_POLL] >= 2);
    freeaddrinfo(looking.addresses);
}

static void test_resolve_of_an_unknown_name(void)
{
    struct resolve looking = resolve("no-such-host.invalid", 80);

    block_on_future(&looking.future);
    CHECK(looking.why_not != NULL && looking.addresses == NULL);
}

static void test_resolve_dropped(void)
{
    struct context cx = {.waker = some_waker()};
    struct resolve looking = resolve("localhost", 80);

    future_drop(&looking.future);
    for (int ms = 0; ms < 20; ms += 10) { /* before the thread is done, and after */
        looking = resolve("localhost", 80);
        CHECK(future_poll(&looking.future, &cx) == PENDING);
        sleep_in_main(ms * MS);
        future_drop(&looking.future);
        future_drop(&looking.future);
    }
    sleep_in_main(50 * MS);
}

/* ---- which test ---- */

static const struct test tests[] = {
    TEST(wake_order),
    TEST(spawn_order),
    TEST(double_wake),
    TEST(stale_wake),
    TEST(wake_of_a_done_task_that_nobody_joined),
    TEST(self_wake),
    TEST(wake_from_another_thread),
    TEST(wakes_from_many_threads),
    TEST(join_waits_and_frees),
    TEST(dropped_join_detaches),
    TEST(cancel_in_every_state),
    TEST(a_cancelled_task_wakes_its_joiner),
    TEST(a_task_may_cancel_the_next_of_its_batch),
    TEST(block_on_cancels_what_is_left),
    TEST(yield_lets_all_others_run),
    TEST(lost_waker),
    TEST(lost_deadline),
    TEST(lost_descriptor),
    TEST(bad_habits),
    TEST(good_habits),
    TEST(trace_of_strange_names),
    TEST(events_do_not_change_errno),
    TEST(helper_that_forgets_to_wake),
    TEST(wasted_polls),
    TEST(timer_order),
    TEST(sleep_never_ends_early),
    TEST(milliseconds_round_up),
    TEST(sleep_for_ever_does_not_overflow),
    TEST(timer_cancellation),
    TEST(ten_thousand_sleepers),
    TEST(read_and_write),
    TEST(write_all_through_a_small_buffer),
    TEST(reader_and_writer_on_one_descriptor),
    TEST(hang_up_wakes_both_ways),
    TEST(spurious_wake_does_no_harm),
    TEST(success_takes_the_waker_back),
    TEST(descriptor_reuse),
    TEST(old_events_do_not_reach_a_new_watch),
    TEST(a_new_waker_takes_the_place_of_the_old_one),
    TEST(a_waker_of_nobody_is_not_counted),
    TEST(interrupt_ends_a_wait),
    TEST(connect_and_accept),
    TEST(connect_refused),
    TEST(connect_dropped),
    TEST(timeout),
    TEST(timeout_dropped),
    TEST(server_and_client_dropped_while_they_wait),
    TEST(server_and_client_dropped_before_their_first_poll),
    TEST(client_dropped_while_it_connects),
    TEST(all_answered_waits_for_responses),
    TEST(resolve_of_a_numeric_address_needs_no_thread),
    TEST(resolve_of_a_name),
    TEST(resolve_of_an_unknown_name),
    TEST(resolve_dropped),
    {NULL, NULL},
};

/* Without a name: prints all of them. */
static void run(const struct test *test, const char *name)
{
    for (; test->name != NULL; test++) {
        if (name == NULL)
            puts(test->name);
        else if (strcmp(name, test->name) == 0) {
            test->run();
            exit(EXIT_SUCCESS);
        }
    }
}

int main(int argc, char **argv)
{
    net_prepare();
    program_name = "unit";
    reactor_init(false);
    run(tests, argv[1]);
    run(combine_tests, argv[1]);
    run(channel_tests, argv[1]);
    return argc < 2 ? EXIT_SUCCESS : 2;
}
