/* Unit tests of futures made of other futures, but for streams. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int fds[2];
static char bytes[64];

/* ---- either ---- */

static void test_either_first(void)
{
    struct sleep_for long_sleep = sleep_for(10000 * MS);
    struct sleep_for short_sleep = sleep_for(1 * MS);
    struct either either_it = either(&short_sleep.future, &long_sleep.future);

    block_on_future(&either_it.future);
    CHECK(either_it.first_won && nobody_waits());
    future_drop(&either_it.future);

    short_sleep = sleep_for(1 * MS);
    either_it = either(&long_sleep.future, &short_sleep.future);
    block_on_future(&either_it.future);
    CHECK(!either_it.first_won && nobody_waits());
    future_drop(&either_it.future);

    long_sleep = sleep_for(0);
    short_sleep = sleep_for(0);
    either_it = either(&long_sleep.future, &short_sleep.future);
    block_on_future(&either_it.future);
    CHECK(either_it.first_won); /* a draw */
}

static void test_either_dropped(void)
{
    struct sleep_for sleep = sleep_for(10000 * MS);

    make_pair(fds);
    struct operation read_it = read_some(fds[0], bytes, sizeof bytes);
    struct either either_it = either(&read_it.future, &sleep.future);
    future_drop(&either_it.future); /* before its first poll */
    CHECK(poll_by_hand(&either_it.future) == PENDING && somebody_waits());
    future_drop(&either_it.future);
    future_drop(&either_it.future);
    CHECK(nobody_waits());
}

/* ---- and_then ---- */

/* Reads, then writes back what came: the second future is made of the first's result. */
struct read_then_write {
    struct operation read;
    struct operation write;
    int made;
};

static struct future *write_back(void *argument)
{
    struct read_then_write *self = argument;

    self->made++;
    self->write = write_all(self->read.fd, self->read.bytes, (size_t)self->read.result);
    return &self->write.future;
}

static void test_and_then(void)
{
    struct read_then_write both = {.made = 0};

    make_pair(fds);
    CHECK(write(fds[1], "hello", 5) == 5);
    both.read = read_some(fds[0], bytes, sizeof bytes);
    struct and_then one_by_one = and_then(&both.read.future, write_back, &both);
    block_on_future(&one_by_one.future);
    CHECK(both.made == 1 && both.write.result == 0);
    CHECK(read(fds[1], bytes, sizeof bytes) == 5);
    future_drop(&one_by_one.future);
}

static void test_and_then_dropped(void)
{
    struct read_then_write both = {.made = 0};

    make_pair(fds);
    both.read = read_some(fds[0], bytes, sizeof bytes);
    struct and_then one_by_one = and_then(&both.read.future, write_back, &both);
    future_drop(&one_by_one.future); /* before its first poll */
    CHECK(poll_by_hand(&one_by_one.future) == PENDING && somebody_waits());
    future_drop(&one_by_one.future); /* in the first future */
    CHECK(nobody_waits() && both.made == 0);

    fill(fds[0]);
    CHECK(write(fds[1], "hello", 5) == 5);
    CHECK(poll_by_hand(&one_by_one.future) == PENDING && both.made == 1);
    CHECK(somebody_waits());
    future_drop(&one_by_one.future); /* in the second */
    future_drop(&one_by_one.future);
    CHECK(nobody_waits());
}

/* ---- join_all ---- */

static int drops;
static int polls;

/* fd: so many times PENDING */
static enum poll_result count_polls(struct script *self, struct context *cx)
{
    polls++;
    wakers[self->letter - 'a'] = cx->waker;
    return self->polls > self->fd ? READY : PENDING;
}

static struct future *child(char letter, int times_pending)
{
    struct script *self = heap_script(count_polls, letter);

    self->drops = &drops;
    self->fd = times_pending;
    return &self->future;
}

static void test_join_all_of_10000_sleeps(void)
{
    enum { SLEEPS = 10000 };
    static struct future *children[SLEEPS];

    for (int i = 0; i < SLEEPS; i++) {
        struct sleep_for *sleep = allocate(1, sizeof *sleep);
        *sleep = sleep_for((i * 7919 % 50) * MS);
        children[i] = &sleep->future;
    }
    struct join_all join = join_all(children, SLEEPS);
    block_on_future(&join.future);
    CHECK(nobody_waits());
    CHECK(trace_count[EXEC_POLL] <= UINT64_C(3) * SLEEPS);
    future_drop(&join.future);
}

static void test_join_all_of_none(void)
{
    struct join_all join = join_all(NULL, 0);

    block_on_future(&join.future);
    future_drop(&join.future);
    future_drop(&join.future);
}

/* The second child is woken twice: the others are not polled for that. */
static enum poll_result wake_them(struct script *self, struct context *cx)
{
    if (future_poll(self->inner, cx) == READY)
        return READY;
    if (self->polls == 2 || self->polls == 3)
        wake(wakers[1]);
    if (self->polls == 4)
        for (int i = 0; i < 3; i++)
            wake(wakers[i]);
    if (self->polls < 5)
        wake(cx->waker);
    return PENDING;
}

static void test_join_all_polls_whom_was_woken(void)
{
    struct future *children[] = {child('a', 1), child('b', 3), child('c', 1)};
    struct join_all join = join_all(children, 3);
    struct script main_script = script(wake_them, 'm');

    main_script.inner = &join.future;
    block_on(&main_script.future);
    CHECK(polls == 2 + 4 + 2 && drops == 3);
}

static void test_join_all_dropped(void)
{
    struct future *waiting[] = {child('a', 9), child('b', 9)};
    struct future *mixed[] = {child('a', 0), child('b', 9), child('c', 0)};

    struct join_all join = join_all(waiting, 2);
    future_drop(&join.future); /* before its first poll */
    future_drop(&join.future);
    CHECK(drops == 2 && polls == 0);

    join = join_all(mixed, 3);
    CHECK(poll_by_hand(&join.future) == PENDING);
    struct join_all running = join; /* the children are tasks now, so this is allowed */
    struct timeout timed = timeout(&running.future, 5 * MS);
    block_on_future(&timed.future); /* two are done then, one of them not joined */
    CHECK(timed.result == -ETIMEDOUT && polls == 3 && drops == 5);
    future_drop(&timed.future);
    CHECK(nobody_waits());
}

const struct test combine_tests[] = {
    TEST(either_first),
    TEST(either_dropped),
    TEST(and_then),
    TEST(and_then_dropped),
    TEST(join_all_of_10000_sleeps),
    TEST(join_all_of_none),
    TEST(join_all_polls_whom_was_woken),
    TEST(join_all_dropped),
    {NULL, NULL},
};
