/* Unit tests of deadlines: sleeps and time-outs. */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void block_for(int ms)
{
    struct timespec time = {0, ms * MS};

    nanosleep(&time, NULL);
}

/* ---- sleep ---- */

static void test_timer_order(void)
{
    static const int ms[] = {150, 30, 120, 60, 90, 15};

    for (int i = 0; i < 6; i++)
        spawn(&heap_sleeper((char)('a' + i), ms[i])->future, "sleeper", i);
    sleep_in_main(200 * MS);
    CHECK(noted("fbdeca"));
}

static void test_equal_deadlines(void)
{
    static const char order[] = "echbdagfi"; /* in which they are polled first */
    int64_t deadline = now_ns() + 50 * MS;

    for (const char *letter = order; *letter != '\0'; letter++) {
        struct script *sleeper = heap_sleeper(*letter, 0);
        sleeper->sleep.deadline = deadline;
        spawn(&sleeper->future, "sleeper", *letter);
    }
    sleep_in_main(70 * MS);
    CHECK(noted(order));
}

static void test_sleep_never_ends_early(void)
{
    for (int i = 0; i < 20; i++) {
        int64_t duration = (i * 137 % 1000) * 3000 + 1;
        int64_t start = now_ns();
        sleep_in_main(duration);
        CHECK(now_ns() - start >= duration);
    }
    if (!is_busy())
        CHECK(trace_count[REACTOR_WAIT] <= 40); /* rounded up: it does not ask again */
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

static void test_the_longest_sleep_and_one_that_is_over(void)
{
    struct sleep_for longest = sleep_for(INT64_MAX);
    struct sleep_for past = sleep_for(-NS_PER_SECOND);

    CHECK(longest.deadline == INT64_MAX);
    CHECK(poll_by_hand(&longest.future) == PENDING && timers_next() > 0);
    future_drop(&longest.future);
    CHECK(poll_by_hand(&past.future) == READY && timers_next() == -1);
}

enum { SLEEPS = 1000 };
static struct sleep_for sleeps[SLEEPS];

static struct sleep_for *first_in_the_heap(void)
{
    for (int i = 0; i < SLEEPS; i++)
        if (sleeps[i].place == 1)
            return &sleeps[i];
    die(__FILE__, __LINE__, "there is none");
}

/* The deadlines come out in order, whatever went in and was taken out; twenty are equal,
 * and come out as they went in. */
static void test_timer_cancellation(void)
{
    int64_t start = now_ns() + 10000 * MS;

    for (int i = 0; i < SLEEPS; i++) {
        sleeps[i] = sleep_for(0);
        sleeps[i].deadline = start + i * 7919 % (SLEEPS / 20) * MS;
        CHECK(poll_by_hand(&sleeps[i].future) == PENDING);
    }
    for (int i = 0; i < SLEEPS; i++)
        if (i % 3 != 0) {
            future_drop(&sleeps[i].future);
            future_drop(&sleeps[i].future);
        }
    struct sleep_for *last = NULL;
    for (int left = (SLEEPS + 2) / 3; left > 0; left--) {
        struct sleep_for *first = first_in_the_heap();
        CHECK((first - sleeps) % 3 == 0 && timers_next() > 9000 * MS);
        CHECK(last == NULL || first->deadline > last->deadline ||
              (first->deadline == last->deadline && first > last));
        last = first;
        future_drop(&first->future);
    }
    CHECK(timers_next() == -1);
}

/* Of one sleep, many times, among so many others that end later. */
static int64_t time_to_insert_and_remove(int count)
{
    struct sleep_for *others = allocate((size_t)count, sizeof *others);
    struct sleep_for sleep;

    for (int i = 0; i < count; i++) {
        others[i] = sleep_for(100000 * MS - i);
        CHECK(poll_by_hand(&others[i].future) == PENDING);
    }
    int64_t start = now_ns();
    for (int i = 0; i < 1000; i++) {
        sleep = sleep_for(10000 * MS);
        CHECK(poll_by_hand(&sleep.future) == PENDING);
        future_drop(&sleep.future);
    }
    int64_t time = now_ns() - start;
    for (int i = 0; i < count; i++)
        future_drop(&others[i].future);
    free(others);
    return time;
}

/* In a list, among forty times as many it would take forty times as long. */
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
    CHECK(many < 8 * few);
}

/* While somebody looks at a run that stands still, its deadlines do, too. */
static void test_time_that_is_left_out(void)
{
    struct sleep_for sleep = sleep_for(300 * MS);
    int64_t before = now_ns();

    block_for(310);
    clock_leave_out(now_ns() - before);
    CHECK(poll_by_hand(&sleep.future) == PENDING && timers_next() > 0);
    future_drop(&sleep.future);
}

/* A sleep is polled by one task, and later by another, which is the one to be woken. */
static void test_a_sleep_wakes_who_polled_it_last(void)
{
    struct sleep_for sleep = sleep_for(50 * MS);

    CHECK(poll_by_hand(&sleep.future) == PENDING);
    block_on_future(&sleep.future);
    CHECK(timers_next() == -1);
}

/* ---- timeout ---- */

static int fds[2];
static char bytes[8];
static struct operation reading;
static struct timeout timed;

static void start_reading(int ms)
{
    reading = read_some(fds[0], bytes, sizeof bytes);
    timed = timeout(&reading.future, ms * MS);
}

static void test_timeout(void)
{
    int64_t start = now_ns();

    make_pair(fds);
    start_reading(10);
    block_on_future(&timed.future);
    CHECK(timed.result == -ETIMEDOUT && now_ns() - start >= 10 * MS);
    CHECK(nobody_waits()); /* the read has taken its waker back */

    CHECK(write(fds[1], "abc", 3) == 3);
    start_reading(10000);
    block_on_future(&timed.future);
    CHECK(timed.result == 0 && reading.result == 3);
    CHECK(nobody_waits());
}

static void test_inner_wins_a_draw(void)
{
    make_pair(fds);
    CHECK(write(fds[1], "abc", 3) == 3);
    start_reading(0);
    block_on_future(&timed.future);
    CHECK(timed.result == 0 && reading.result == 3);

    /* the same, when the bytes came after the deadline, but before anybody looked */
    start_reading(50);
    CHECK(poll_by_hand(&timed.future) == PENDING);
    block_for(60);
    CHECK(write(fds[1], "late", 4) == 4);
    CHECK(poll_by_hand(&timed.future) == READY);
    CHECK(timed.result == 0 && reading.result == 4);
    CHECK(nobody_waits());
}

/* As when the process is stopped for a while: nobody looks at deadline or descriptor, and
 * then both are there. */
static enum poll_result block_and_write(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    block_for(60);
    CHECK(write(fds[1], "late", 4) == 4);
    return READY;
}

static void test_a_poll_that_comes_late_still_looks(void)
{
    make_pair(fds);
    start_reading(50);
    struct script *main_script = note_end_of(&timed.future, 'm');
    spawn(&main_script->future, "main", 1);
    spawn_script(block_and_write, 'b'); /* polled after the first poll of the read */
    sleep_in_main(100 * MS);
    CHECK(noted("m") && timed.result == 0 && reading.result == 4);
}

static void test_timeout_dropped(void)
{
    struct sleep_for sleep = sleep_for(10000 * MS);
    struct timeout outer = timeout(&sleep.future, 20000 * MS);

    future_drop(&outer.future); /* before its first poll */
    CHECK(poll_by_hand(&outer.future) == PENDING);
    CHECK(timers_next() > 0);
    future_drop(&outer.future);
    future_drop(&outer.future);
    CHECK(timers_next() == -1);
}

const struct test timer_tests[] = {
    TEST(timer_order),
    TEST(equal_deadlines),
    TEST(sleep_never_ends_early),
    TEST(milliseconds_round_up),
    TEST(the_longest_sleep_and_one_that_is_over),
    TEST(timer_cancellation),
    TEST(ten_thousand_sleepers),
    TEST(time_that_is_left_out),
    TEST(a_sleep_wakes_who_polled_it_last),
    TEST(timeout),
    TEST(inner_wins_a_draw),
    TEST(a_poll_that_comes_late_still_looks),
    TEST(timeout_dropped),
    {NULL, NULL},
};
