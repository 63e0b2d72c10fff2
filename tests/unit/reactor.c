/* Unit tests of the contract of the reactor: what only a reactor can get wrong. */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

static int fds[2];
static char byte;
static struct operation writing;
static struct operation reading;

/* ---- two directions ---- */

static void spawn_reader_and_writer(void)
{
    make_pair(fds);
    fill(fds[0]); /* the writer will wait */
    reading = read_some(fds[0], &byte, 1);
    writing = write_all(fds[0], "w", 1);
    spawn(&note_end_of(&reading.future, 'r')->future, "reader", 0);
    spawn(&note_end_of(&writing.future, 'w')->future, "writer", 0);
}

static void make_it_readable(void)
{
    CHECK(noted(""));
    CHECK(write(fds[1], "x", 1) == 1);
}

static void make_it_writable(void)
{
    CHECK(noted("r") && byte == 'x');
    empty(fds[1]);
}

static void test_reader_and_writer_on_one_descriptor(void)
{
    in_one_run(spawn_reader_and_writer, make_it_readable, make_it_writable);
    CHECK(noted("w") && nobody_waits());
}

static void hang_up_other_end(void)
{
    close(fds[1]);
}

static void test_hang_up_wakes_both_ways(void)
{
    in_one_run(spawn_reader_and_writer, hang_up_other_end, NULL);
    CHECK(noted_both("rw")); /* which of two requests is answered first is not said */
    CHECK(reading.result == -ECONNRESET || reading.result == 0);
    CHECK(writing.result == -EPIPE);
}

/* ---- spurious wakes ---- */

static void spawn_reader(void)
{
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    spawn(&note_end_of(&reading.future, 'r')->future, "reader", 0);
}

static void wake_it_for_nothing(void)
{
    wake(wakers['r' - 'a']);
}

static void test_spurious_wake_does_no_harm(void)
{
    in_one_run(spawn_reader, wake_it_for_nothing, wake_it_for_nothing);
    CHECK(noted(""));
    in_one_run(spawn_reader, wake_it_for_nothing, make_it_readable);
    CHECK(noted("r"));
}

/* ---- a waker is taken back ---- */

static void test_a_watch_that_is_taken_back(void)
{
    size_t before = reactor_watching;

    make_pair(fds);
    fill(fds[0]);
    reading = read_some(fds[0], &byte, 1);
    writing = write_all(fds[0], "w", 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    CHECK(reactor_watching == before + 1 || is_busy());
    CHECK(poll_by_hand(&writing.future) == PENDING);
    CHECK(poll_by_hand(&writing.future) == PENDING); /* in the same place */
    CHECK(reactor_watching == before + 2 || is_busy());
    future_drop(&reading.future);
    CHECK(reactor_watching == before + 1 || is_busy());
    future_drop(&reading.future);
    future_drop(&writing.future);
    CHECK(reactor_watching == before);

    CHECK(poll_by_hand(&reading.future) == PENDING);
    forget_and_close(fds[0]);
    CHECK(reactor_watching == before);
    reactor_watch(fds[1], READABLE, (struct waker){0}); /* there is none */
    CHECK(reactor_watching == before);
}

/* PENDING, then polled again before the reactor has said anything: READY. */
static void test_success_takes_the_waker_back(void)
{
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    CHECK(write(fds[1], "x", 1) == 1);
    CHECK(poll_by_hand(&reading.future) == READY && nobody_waits());

    fill(fds[0]);
    writing = write_all(fds[0], "w", 1);
    CHECK(poll_by_hand(&writing.future) == PENDING);
    empty(fds[1]);
    CHECK(poll_by_hand(&writing.future) == READY && nobody_waits());
}

/* As a lesson does that polls by hand: the executor must not wait for nobody. */
static void test_a_waker_of_nobody_is_not_counted(void)
{
    struct context cx = {.waker = {0}};

    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    CHECK(future_poll(&reading.future, &cx) == PENDING);
    CHECK(future_poll(&reading.future, &cx) == PENDING && nobody_waits());
    CHECK(write(fds[1], "x", 1) == 1);
    reactor_wait(0);
    CHECK(future_poll(&reading.future, &cx) == READY && nobody_waits());
    forget_and_close(fds[0]);
}

/* Two tasks use one descriptor, and one of them closes it: the other, when it is dropped,
 * takes back a waker that is no more. */
static void test_an_operation_may_be_dropped_after_the_close(void)
{
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    forget_and_close(fds[0]);
    future_drop(&reading.future);
    CHECK(nobody_waits());
    CHECK(poll_by_hand(&reading.future) == READY && reading.result == -EBADF);
}

/* ---- descriptors that are used again ---- */

/* Watches at its first poll, and notes each. */
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
    spawn_script(watch_once, 'o');
}

static void use_its_descriptor_again(void)
{
    int old[2] = {fds[0], fds[1]};

    CHECK(is_busy() || noted("o"));
    forget_and_close(fds[0]);
    forget_and_close(fds[1]);
    CHECK(reactor_watching == 0);
    spawn_reader();
    CHECK(fds[0] == old[0] && fds[1] == old[1]);
}

static void test_descriptor_used_again(void)
{
    if (is_busy())
        return; /* it keeps no wakers */
    in_one_run(spawn_watcher, use_its_descriptor_again, make_it_readable);
    CHECK(noted("r")); /* the new one was woken, the old one was not */
}

static void use_it_again_and_write(void)
{
    use_its_descriptor_again();
    make_it_readable();
}

static void test_old_events_do_not_reach_a_new_watch(void)
{
    if (is_busy())
        return; /* it keeps no wakers */
    in_one_run(spawn_watcher, use_it_again_and_write, NULL);
    CHECK(noted("r"));
}

/* The end of the old one was reported, but is not that of the new one. */
static void hang_up_and_use_it_again(void)
{
    hang_up_other_end();
    reactor_wait(0); /* which reports the end */
    forget_and_close(fds[0]);
    make_pair(fds);
}

static void test_the_end_of_the_old_one_is_not_that_of_the_new_one(void)
{
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    hang_up_and_use_it_again();
    hear(BIT(REACTOR_READY));
    reading = read_some(fds[0], &byte, 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    CHECK(heard[REACTOR_READY].times == is_busy());
    future_drop(&reading.future);
}

static void spawn_two_watchers(void)
{
    spawn_watcher();
    spawn_script(watch_once, 'p'); /* same descriptor, same interest */
}

static void write_to_watchers(void)
{
    CHECK(noted("op") && reactor_watching == 1);
    make_it_readable();
}

static void test_a_new_waker_takes_the_place_of_the_old_one(void)
{
    if (is_busy())
        return; /* it keeps no wakers */
    in_one_run(spawn_two_watchers, write_to_watchers, NULL);
    CHECK(noted("p") && reactor_watching == 0);
}

/* The waker stays when its task is gone, and is woken for nothing. */
static void test_a_watcher_that_is_gone(void)
{
    spawn_watcher();
    sleep_in_main(1 *
                  MS); /* cancels it; it had not said that it does not wait any more */
    CHECK(reactor_watching == !is_busy());
    uint64_t wakes = trace_count[EXEC_WAKE];
    CHECK(write(fds[1], "x", 1) == 1);
    reactor_wait(0);
    CHECK(reactor_watching == 0 && trace_count[EXEC_WAKE] == wakes);
}

/* ---- wait and interrupt ---- */

static void test_interrupt_ends_a_wait(void)
{
    int64_t start;

    for (int i = 0; i < 100000; i++) /* more than a pipe holds */
        reactor_interrupt();
    start = now_ns();
    reactor_wait(60 * NS_PER_SECOND);
    CHECK(now_ns() - start < 30 * NS_PER_SECOND);
    if (is_busy())
        return;
    start = now_ns();
    reactor_wait(20 * MS); /* the interrupts are used up */
    CHECK(now_ns() - start >= 20 * MS);
}

/* At once, never early, and without a limit: until it is interrupted. */
static void test_time_outs(void)
{
    int64_t start = now_ns();

    reactor_wait(0); /* the first one may be told what has been ready since init */
    reactor_wait(0);
    CHECK(now_ns() - start < 30 * NS_PER_SECOND);
    start = now_ns();
    reactor_wait(1 * MS);
    CHECK(now_ns() - start >= 1 * MS || is_busy());
    reactor_interrupt();
    reactor_wait(-1);
}

/* Whatever the kernel keeps of a watch, it must not keep the socket open. */
static void test_the_other_side_is_told_of_a_close(void)
{
    make_pair(fds);
    fill(fds[0]);
    reading = read_some(fds[0], &byte, 1);
    writing = write_all(fds[0], "w", 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    CHECK(poll_by_hand(&writing.future) == PENDING);
    reactor_wait(0); /* so that the kernel knows of it */
    forget_and_close(fds[0]);
    empty(fds[1]);
    CHECK(read(fds[1], &byte, 1) == 0);
    close(fds[1]);
}

/* More than a block of rows. */
static void test_many_descriptors(void)
{
    enum { MANY = 200 };
    static struct operation reads[MANY];
    static char bytes[MANY];
    int pairs[MANY][2];

    for (int i = 0; i < MANY; i++) {
        make_pair(pairs[i]);
        reads[i] = read_some(pairs[i][0], &bytes[i], 1);
        CHECK(poll_by_hand(&reads[i].future) == PENDING);
    }
    CHECK(reactor_watching == (is_busy() ? 0 : MANY));
    for (int i = 0; i < MANY; i += 2)
        CHECK(write(pairs[i][1], "x", 1) == 1);
    reactor_wait(0);
    CHECK(reactor_watching == (is_busy() ? 0 : MANY / 2));
    for (int i = 0; i < MANY; i++) {
        enum poll_result result = poll_by_hand(&reads[i].future);
        CHECK(result == (i % 2 == 0 ? READY : PENDING));
        future_drop(&reads[i].future);
        forget_and_close(pairs[i][0]);
        close(pairs[i][1]);
    }
    CHECK(nobody_waits());
}

const struct test reactor_tests[] = {
    TEST(reader_and_writer_on_one_descriptor),
    TEST(hang_up_wakes_both_ways),
    TEST(spurious_wake_does_no_harm),
    TEST(a_watch_that_is_taken_back),
    TEST(success_takes_the_waker_back),
    TEST(a_waker_of_nobody_is_not_counted),
    TEST(an_operation_may_be_dropped_after_the_close),
    TEST(descriptor_used_again),
    TEST(old_events_do_not_reach_a_new_watch),
    TEST(the_end_of_the_old_one_is_not_that_of_the_new_one),
    TEST(a_new_waker_takes_the_place_of_the_old_one),
    TEST(a_watcher_that_is_gone),
    TEST(interrupt_ends_a_wait),
    TEST(time_outs),
    TEST(the_other_side_is_told_of_a_close),
    TEST(many_descriptors),
    {NULL, NULL},
};
