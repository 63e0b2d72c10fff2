/* Unit tests of the executor: who is polled when, and the life of a task. */
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static int drops;
static struct waker task;
static struct join_task join;

static void spawn_letters(script_body *body, char first, char last)
{
    for (char letter = first; letter <= last; letter++)
        spawn_script(body, letter);
}

/* ---- wake ---- */

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
    if (self->polls == 3)
        return READY;
    if (self->polls == 2) { /* a, b and c have been polled once */
        wake(wakers[2]);
        wake(wakers[0]);
        wake(wakers[1]);
    }
    wake(cx->waker);
    return PENDING;
}

static void test_wake_order(void)
{
    struct script main_script = script(wake_c_a_b, 'm');

    spawn_letters(park_once, 'a', 'c');
    block_on(&main_script.future);
    CHECK(noted("cab"));
}

static void test_spawn_order(void)
{
    sleep_in_main(0); /* the executor can be used twice */
    spawn_letters(note_and_end, 'a', 'e');
    sleep_in_main(1 * MS);
    CHECK(noted("abcde"));
}

static enum poll_result wake_a_twice(struct script *self, struct context *cx)
{
    if (self->polls == 2) {
        uint64_t wakes = trace_count[EXEC_WAKE];
        wake(wakers[0]);
        wake(wakers[0]);
        CHECK(trace_count[EXEC_WAKE] == wakes + 1);
    }
    wake(cx->waker);
    return self->polls < 5 ? PENDING : READY;
}

static void test_double_wake(void)
{
    struct script main_script = script(wake_a_twice, 'm');

    spawn_script(note_and_stay, 'a');
    block_on(&main_script.future);
    CHECK(noted("aa")); /* the first poll, and one for two wakes */
}

static void test_wasted_polls(void)
{
    struct script main_script = script(wake_a_twice, 'm');

    /* main: 5 polls, the first PENDING, then 3 PENDING in vain, then READY */
    spawn_script(note_and_stay, 'a'); /* a second poll, in vain */
    block_on(&main_script.future);
    CHECK(trace_count[EXEC_POLL] == 7);
    CHECK(trace_count[EXEC_WASTED] == 4);
}

/* A wake during the task's own poll must not get lost, nor run within the same turn. */
static enum poll_result wake_self(struct script *self, struct context *cx)
{
    note(self->letter);
    wake(cx->waker);
    return self->polls < 3 ? PENDING : READY;
}

static void test_self_wake(void)
{
    struct script main_script = script(wake_self, 'b');

    spawn_script(wake_self, 'a');
    block_on(&main_script.future);
    CHECK(noted("ababab"));
}

/* ---- stale wakers ---- */

static void use_the_place_of_a_again(void)
{
    CHECK(noted("a"));
    task = spawn_script(note_and_stay, 'b');
    CHECK(task.place == wakers[0].place && task.generation != wakers[0].generation);
}

static void wake_a(void)
{
    uint64_t wakes = trace_count[EXEC_WAKE];

    CHECK(noted("b"));
    wake(wakers[0]);
    wake((struct waker){0});
    cancel(wakers[0]);
    cancel((struct waker){0});
    CHECK(trace_count[EXEC_WAKE] == wakes && trace_count[EXEC_CANCEL] == 0);
    CHECK(name_of(wakers[0]).kind == NULL && name_of((struct waker){0}).kind == NULL);
    CHECK(name_of(task).number == 'b');
}

static void test_stale_waker(void)
{
    spawn_script(note_and_end, 'a');
    sleep_in_main(1 * MS);
    in_one_run(use_the_place_of_a_again, wake_a, NULL);
    CHECK(noted(""));
}

/* ---- wakes from other threads ---- */

static void *wake_a_later(void *unused)
{
    struct timespec time = {0, 30 * MS};

    nanosleep(&time, NULL);
    wake(wakers[0]);
    helpers--;
    reactor_interrupt();
    return unused;
}

static enum poll_result ask_a_thread(struct script *self, struct context *cx)
{
    static pthread_t thread;

    if (self->polls == 1) {
        wakers[0] = cx->waker;
        helpers++;
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
    CHECK(now_ns() - start >= 30 * MS);
    CHECK(trace_count[REACTOR_WAIT] < 10 || is_busy());
}

enum { WAKES = 20000, THREADS = 2 };

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
    static pthread_t threads[THREADS];

    if (self->polls == 1) {
        wakers[0] = cx->waker;
        for (int i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, wake_often, NULL) == 0);
        self->sleep = sleep_for(20 * MS);
    }
    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return READY;
}

static void test_wakes_from_many_threads(void)
{
    struct script main_script = script(be_woken_by_threads, 'm');

    spawn_script(note_and_end, 'b');
    sleep_in_main(1 * MS);
    block_on(&main_script.future);
    CHECK(main_script.polls >= 2);
}

/* The thread goes on while block_on ends and is called again, and wakes a task that is
 * spawned in the second one: all its wakes before that are stale. */
static pthread_mutex_t target_lock = PTHREAD_MUTEX_INITIALIZER;
static struct waker target;
static bool thread_should_end;

static void *wake_the_target(void *unused)
{
    for (bool ends = false; !ends;) {
        pthread_mutex_lock(&target_lock);
        struct waker waker = target;
        ends = thread_should_end;
        pthread_mutex_unlock(&target_lock);
        wake(waker);
    }
    return unused;
}

static void aim_at(struct waker waker, bool then_end)
{
    pthread_mutex_lock(&target_lock);
    target = waker;
    thread_should_end = then_end;
    pthread_mutex_unlock(&target_lock);
}

static enum poll_result be_woken_three_times(struct script *self, struct context *cx)
{
    if (self->polls == 1)
        aim_at(cx->waker, false);
    return self->polls < 4 ? PENDING : READY;
}

static void test_block_on_again_while_a_thread_wakes(void)
{
    pthread_t thread;

    helpers++; /* so that none is stuck */
    CHECK(pthread_create(&thread, NULL, wake_the_target, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        struct script main_script = script(be_woken_three_times, 'm');
        block_on(&main_script.future);
        CHECK(main_script.polls == 4);
        spawn_script(note_and_stay, 's'); /* outside of any run */
    }
    aim_at((struct waker){0}, true);
    pthread_join(thread, NULL);
    helpers--;
    sleep_in_main(0); /* what is left in the inbox is stale */
}

/* ---- join ---- */

static void test_join_waits_for_the_end(void)
{
    int drops_of_sleeper = 0;
    struct script *sleeper = heap_sleeper('s', 50);
    sleeper->drops = &drops_of_sleeper;
    join = join_task(spawn(&sleeper->future, "sleeper", 1));
    struct script main_script = script(run_inner_and_note, 'j');

    main_script.inner = &join.future;
    block_on(&main_script.future);
    CHECK(noted("sj") && drops_of_sleeper == 1);
    CHECK(main_script.polls == 2); /* woken by the task, and by nothing else */
}

static void test_join_of_a_task_that_is_gone(void)
{
    struct join_task nobody = join_task((struct waker){0});
    struct waker gone = spawn_script(note_and_end, 'a');

    sleep_in_main(1 * MS);
    spawn_script(note_and_stay, 'b'); /* one of them in the same place */
    spawn_script(note_and_stay, 'c');
    join = join_task(gone);
    CHECK(poll_by_hand(&join.future) == READY);
    CHECK(poll_by_hand(&nobody.future) == READY);
    CHECK(noted("a"));
}

static void join_who_parks(void)
{
    struct script *parked = heap_script(park_once, 'p');

    parked->drops = &drops;
    join = join_task(spawn(&parked->future, "parked", 1));
    CHECK(poll_by_hand(&join.future) == PENDING);
}

static void drop_join(void)
{
    future_drop(&join.future);
    future_drop(&join.future);
    CHECK(drops == 0);
    wake(wakers['p' - 'a']);
}

static void test_a_dropped_join_lets_the_task_run(void)
{
    in_one_run(join_who_parks, drop_join, NULL);
    CHECK(drops == 1 && noted("p"));
}

/* ---- cancel ---- */

static void cancel_before_the_first_poll(void)
{
    struct script *queued = heap_sleeper('q', 10);

    queued->drops = &drops;
    cancel(spawn(&queued->future, "queued", 0));
    CHECK(drops == 1);

    struct script *asleep = heap_sleeper('a', 10000);
    asleep->drops = &drops;
    task = spawn(&asleep->future, "asleep", 0);
}

/* The main script's own pause has ended: no other deadline is set. */
static void cancel_while_it_waits(void)
{
    cancel(task);
    CHECK(drops == 2 && timers_next() == -1);

    /* in the middle of the run queue, and at its end */
    spawn_script(note_and_end, 'x');
    struct waker middle = spawn_script(note_and_end, 'm');
    spawn_script(note_and_end, 'y');
    struct waker last = spawn_script(note_and_end, 'l');
    cancel(middle);
    cancel(last);
    task = spawn_script(note_and_end, 'z');
}

static void cancel_when_it_is_gone(void)
{
    CHECK(noted("xyz"));
    cancel(task);
    cancel(task);
}

static void test_cancel_in_every_state(void)
{
    in_one_run(cancel_before_the_first_poll, cancel_while_it_waits,
               cancel_when_it_is_gone);
    CHECK(drops == 2 && trace_count[EXEC_CANCEL] == 4);
}

static enum poll_result cancel_it(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    cancel(task);
    return READY;
}

static void test_a_cancelled_task_wakes_its_joiner(void)
{
    task = spawn(&heap_sleeper('s', 10000)->future, "sleeper", 1);
    join = join_task(task);
    spawn_script(cancel_it, 'c');
    block_on_future(&join.future); /* READY, though the sleeper never will be */
    CHECK(noted(""));
}

static void test_a_task_may_cancel_the_next_of_its_turn(void)
{
    spawn_script(cancel_it, 'k');
    task = spawn_script(note_and_end, 'v');
    spawn_script(note_and_end, 'w');
    sleep_in_main(1 * MS);
    CHECK(noted("w"));
}

static void cancel_a_queued_task(void)
{
    struct waker queued = spawn_script(note_and_end, 'q');

    cancel(queued);
    /* it is still in the queue: its place is not free */
    task = spawn_script(note_and_end, 'a');
    CHECK(task.place != queued.place);
    task = queued;
}

static void take_its_place(void)
{
    CHECK(noted("a"));
    struct waker one = spawn_script(note_and_end, 'b');
    struct waker other = spawn_script(note_and_end, 'c');
    CHECK(one.place != other.place); /* it is free once, not twice */
    CHECK(one.place == task.place || other.place == task.place);
    CHECK(one.generation > 1 && other.generation > 1);
}

static void test_a_cancelled_task_is_passed_over(void)
{
    in_one_run(cancel_a_queued_task, take_its_place, NULL);
    CHECK(noted("bc"));
}

/* Wakes itself, and is READY: it is in the queue when it is gone. */
static enum poll_result wake_self_and_end(struct script *self, struct context *cx)
{
    wake(cx->waker);
    return note_and_end(self, cx);
}

static void use_its_place_again(void)
{
    struct waker gone = wakers[0];

    CHECK(noted("a"));
    spawn_script(note_and_end, 'b');
    spawn_script(note_and_end, 'c');
    wake(gone);
}

static void test_a_task_may_end_while_it_is_queued(void)
{
    spawn_script(wake_self_and_end, 'a');
    in_one_run(NULL, NULL, NULL); /* it stays in the queue when block_on ends */
    in_one_run(use_its_place_again, NULL, NULL);
    CHECK(noted("bc"));
}

/* ---- the end of block_on ---- */

static void test_block_on_cancels_what_is_left(void)
{
    for (int i = 0; i < 100; i++) {
        struct script *sleeper = heap_sleeper('s', 10000);
        sleeper->drops = &drops;
        spawn(&sleeper->future, "sleeper", i);
    }
    sleep_in_main(1 * MS);
    CHECK(drops == 100 && timers_next() == -1);
}

/* Its drop spawns another like it, as often as `left` says. */
static int left;

static void spawn_another(struct future *future);

static enum poll_result stay(struct future *future, struct context *cx)
{
    (void)future;
    return pending(cx, FUTURE_ASKS, .word = "nobody");
}

static void spawn_heir(void)
{
    struct future *heir = allocate(1, sizeof *heir);

    *heir = (struct future){stay, spawn_another};
    spawn(heir, "heir", left);
}

static void spawn_another(struct future *future)
{
    (void)future;
    drops++;
    if (left-- > 0)
        spawn_heir();
}

static void test_tasks_that_a_drop_spawns_are_dropped(void)
{
    left = 200; /* more than a block of places */
    for (int i = 0; i < 3; i++)
        spawn_heir();
    sleep_in_main(1 * MS);
    CHECK(drops == 203);
}

/* ---- many ---- */

enum { TASKS = 9000 };
static struct waker tasks[TASKS];

static void spawn_tasks(void)
{
    for (int i = 0; i < TASKS; i++) {
        struct script *sleeper = heap_script(run_inner, 's');
        sleeper->sleep = sleep_for(i * 7919 % 50 * MS);
        sleeper->inner = &sleeper->sleep.future;
        sleeper->drops = &drops;
        tasks[i] = spawn(&sleeper->future, "sleeper", i);
    }
}

static enum poll_result join_tasks(struct script *self, struct context *cx)
{
    for (; self->fd < TASKS; self->fd++) {
        join = join_task(tasks[self->fd]);
        if (future_poll(&join.future, cx) == PENDING)
            return PENDING;
    }
    return READY;
}

static void test_nine_thousand_tasks(void)
{
    uint32_t places = 0;

    for (int round = 1; round <= 2; round++) { /* the second uses the places again */
        struct script main_script = script(join_tasks, 'm');
        main_script.fd = 0;
        spawn_tasks();
        block_on(&main_script.future);
        CHECK(drops == round * TASKS);
        for (int i = 0; i < TASKS; i++)
            places = tasks[i].place > places ? tasks[i].place : places;
    }
    CHECK(places < TASKS + 2 && nobody_waits());
}

const struct test executor_tests[] = {
    TEST(wake_order),
    TEST(spawn_order),
    TEST(double_wake),
    TEST(wasted_polls),
    TEST(self_wake),
    TEST(stale_waker),
    TEST(wake_from_another_thread),
    TEST(wakes_from_many_threads),
    TEST(block_on_again_while_a_thread_wakes),
    TEST(join_waits_for_the_end),
    TEST(join_of_a_task_that_is_gone),
    TEST(a_dropped_join_lets_the_task_run),
    TEST(cancel_in_every_state),
    TEST(a_cancelled_task_wakes_its_joiner),
    TEST(a_task_may_cancel_the_next_of_its_turn),
    TEST(a_cancelled_task_is_passed_over),
    TEST(a_task_may_end_while_it_is_queued),
    TEST(block_on_cancels_what_is_left),
    TEST(tasks_that_a_drop_spawns_are_dropped),
    TEST(nine_thousand_tasks),
    {NULL, NULL},
};
