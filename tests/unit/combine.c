/* Unit tests of futures made of other futures: those of core/combine, and of streams. */
#include "core/combine.h"

#include "app/stage.h"
#include "core/io.h"
#include "core/message.h"
#include "core/task.h"
#include "core/watches.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fds[2];
static char bytes[64 * 1024];

static bool nobody_waits(void)
{
    return watches_count() == 0 && !timers_pending();
}

/* The reactor of stage 3 keeps no waker. */
static bool somebody_waits(void)
{
    return !nobody_waits() || stage.wait == NULL;
}

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
    struct context cx = {.waker = some_waker()};
    struct sleep_for sleep = sleep_for(10000 * MS);

    make_pair(fds);
    struct read_some read_it = read_some(fds[0], bytes, sizeof bytes);
    struct either either_it = either(&read_it.future, &sleep.future);
    future_drop(&either_it.future); /* before its first poll */
    CHECK(future_poll(&either_it.future, &cx) == PENDING && somebody_waits());
    future_drop(&either_it.future);
    future_drop(&either_it.future);
    CHECK(nobody_waits());
}

/* ---- and_then ---- */

/* Reads, then writes back what came: the second future is made of the first's result. */
struct read_then_write {
    struct read_some read;
    struct write_all write;
    int made;
};

static struct future *write_back(void *argument)
{
    struct read_then_write *self = argument;

    self->made++;
    self->write = write_all(self->read.fd, self->read.buffer, (size_t)self->read.result);
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
    struct context cx = {.waker = some_waker()};
    struct read_then_write both = {.made = 0};

    make_pair(fds);
    both.read = read_some(fds[0], bytes, sizeof bytes);
    struct and_then one_by_one = and_then(&both.read.future, write_back, &both);
    future_drop(&one_by_one.future); /* before its first poll */
    CHECK(future_poll(&one_by_one.future, &cx) == PENDING && somebody_waits());
    future_drop(&one_by_one.future); /* in the first future */
    CHECK(nobody_waits() && both.made == 0);

    while (write(fds[0], bytes, sizeof bytes) > 0)
        ;
    CHECK(write(fds[1], "hello", 5) == 5);
    CHECK(future_poll(&one_by_one.future, &cx) == PENDING && both.made == 1);
    CHECK(somebody_waits());
    future_drop(&one_by_one.future); /* in the second */
    future_drop(&one_by_one.future);
    CHECK(nobody_waits());
}

/* ---- join_all ---- */

static int drops;
static int polls;
static struct waker wakers[3];

static enum poll_result count_polls(struct script *self, struct context *cx)
{
    polls++;
    wakers[self->letter - 'a'] = cx->waker;
    return self->polls > self->fd ? READY : PENDING; /* fd: so many times PENDING */
}

static struct future *child(char letter, int pending)
{
    struct script *self = heap_script(count_polls, letter);

    self->drops = &drops;
    self->fd = pending;
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
    CHECK(trace_counts[EXEC_POLL] <= UINT64_C(3) * SLEEPS);
    CHECK(trace_counts[FUTURE_SLEEPS] > SLEEPS / 2); /* or nothing was shown */
    future_drop(&join.future);
}

static void test_join_all_of_none(void)
{
    struct join_all join = join_all(NULL, 0);

    block_on_future(&join.future);
    future_drop(&join.future);
}

/* The second child is woken twice: the others are not polled for that. */
static enum poll_result wake_them(struct script *self, struct context *cx)
{
    if (future_poll(self->inner, cx) == READY)
        return READY;
    if (self->polls == 2)
        wake(wakers[1]);
    if (self->polls == 3)
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
    struct context cx = {.waker = some_waker()};
    struct future *waiting[] = {child('a', 9), child('b', 9)};
    struct future *mixed[] = {child('a', 0), child('b', 9), child('c', 0)};

    struct join_all join = join_all(waiting, 2);
    future_drop(&join.future); /* before its first poll */
    future_drop(&join.future);
    CHECK(drops == 2 && polls == 0);

    join = join_all(mixed, 3);
    CHECK(future_poll(&join.future, &cx) == PENDING);
    struct join_all running = join; /* the children are tasks now, so this is allowed */
    struct timeout timed = timeout(&running.future, 5 * MS);
    block_on_future(&timed.future); /* two are done then, one of them not joined */
    CHECK(timed.result == -ETIMEDOUT && polls == 3 && drops == 5);
    future_drop(&timed.future);
    CHECK(nobody_waits());
}

/* ---- read_exact ---- */

/* Sends the alphabet over and over, in chunks of 1, 2, 3, ... 99, 1, ... bytes, with a
 * pause after each; then closes. */
struct drip {
    struct future future;
    enum { WRITING, PAUSING } state;
    int fd;
    size_t total;
    size_t sent;
    size_t chunk;
    char text[100];
    struct write_all write;
    struct yield_now yield;
};

static void start_writing(struct drip *self)
{
    self->chunk = self->chunk % 99 + 1;
    if (self->chunk > self->total - self->sent)
        self->chunk = self->total - self->sent;
    for (size_t i = 0; i < self->chunk; i++)
        self->text[i] = (char)('a' + (self->sent + i) % 26);
    self->write = write_all(self->fd, self->text, self->chunk);
    self->state = WRITING;
}

static enum poll_result drip_poll(struct future *future, struct context *cx)
{
    struct drip *self = container_of(future, struct drip, future);

    for (;;) {
        switch (self->state) {
        case WRITING:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            self->sent += self->chunk;
            self->yield = yield_now();
            self->state = PAUSING;
            break;
        case PAUSING:
            if (future_poll(&self->yield.future, cx) == PENDING)
                return PENDING;
            if (self->sent == self->total) {
                forget_and_close(self->fd);
                return READY;
            }
            start_writing(self);
            break;
        }
    }
}

static void spawn_drip(int fd, size_t total)
{
    struct drip *self = allocate(1, sizeof *self);

    self->future = (struct future){drip_poll, NULL};
    self->fd = fd;
    self->total = total;
    start_writing(self);
    task_detach(spawn(&self->future, "drip", 0));
}

static bool is_alphabet(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != (char)('a' + i % 26))
            return false;
    return true;
}

static void test_read_exact_of_10_kb_in_small_chunks(void)
{
    enum { SIZE = 10 * 1024 };

    make_pair(fds);
    spawn_drip(fds[1], SIZE);
    struct read_exact read_it = read_exact(fds[0], bytes, SIZE);
    block_on_future(&read_it.future);
    CHECK(read_it.result == 0 && read_it.position == SIZE && is_alphabet(bytes, SIZE));
    CHECK(trace_counts[FUTURE_WAITS] > 50); /* or nothing was shown */
}

static void test_read_exact_of_a_stream_that_ends_early(void)
{
    make_pair(fds);
    spawn_drip(fds[1], 99);
    struct read_exact read_it = read_exact(fds[0], bytes, 100);
    block_on_future(&read_it.future);
    CHECK(read_it.result == -UNEXPECTED_END && read_it.position == 99);
    CHECK(strcmp(error_text(UNEXPECTED_END), "unexpected end of stream") == 0);
    CHECK(strcmp(error_text(EPIPE), strerror(EPIPE)) == 0);

    read_it = read_exact(fds[0], bytes, 0); /* nothing to wait for */
    block_on_future(&read_it.future);
    CHECK(read_it.result == 0);

    read_it = read_exact(-1, bytes, 1);
    block_on_future(&read_it.future);
    CHECK(read_it.result == -EBADF);
}

static void test_read_exact_dropped(void)
{
    struct context cx = {.waker = some_waker()};

    make_pair(fds);
    struct read_exact read_it = read_exact(fds[0], bytes, 100);
    future_drop(&read_it.future); /* before its first poll */
    CHECK(future_poll(&read_it.future, &cx) == PENDING);
    CHECK(write(fds[1], bytes, 50) == 50);
    CHECK(future_poll(&read_it.future, &cx) == PENDING && read_it.position == 50);
    future_drop(&read_it.future); /* half-way */
    future_drop(&read_it.future);
    CHECK(nobody_waits());
    CHECK(read(fds[0], bytes, 1) == -1 && would_block(errno)); /* the 50 are gone */
}

/* ---- copy ---- */

static char received[32 * 1024];
static struct copy_all *copying;
static struct read_exact reading;
static int to[2];

/* After a while in which nobody read. */
static struct future *read_at_last(void *unused)
{
    (void)unused;
    CHECK(copying->state == COPY_WRITING);
    CHECK(copying->write.position < copying->write.length);
    reading = read_exact(to[1], received, sizeof received);
    return &reading.future;
}

/* From one pair to another, through a send buffer that is too small. */
static void test_copy_all_loses_nothing_when_the_writer_would_block(void)
{
    int small = 4 * 1024;
    struct sleep_for pause = sleep_for(20 * MS);

    make_pair(fds);
    make_pair(to);
    CHECK(setsockopt(to[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    spawn_drip(fds[1], sizeof received);
    copying = allocate(1, sizeof *copying);
    *copying = copy_all(fds[0], to[0], 1000);
    task_detach(spawn(&copying->future, "copy", 0));

    struct and_then read_late = and_then(&pause.future, read_at_last, NULL);
    block_on_future(&read_late.future);
    CHECK(reading.result == 0 && is_alphabet(received, sizeof received));
}

static void test_copy_all_to_the_end(void)
{
    make_pair(fds);
    make_pair(to);
    struct copy_all copy = copy_all(fds[0], to[0], 7);
    CHECK(write(fds[1], "abcdefghijklmnopqrstuvwxyz", 26) == 26);
    CHECK(shutdown(fds[1], SHUT_WR) == 0);
    block_on_future(&copy.future);
    CHECK(copy.result == 0 && copy.copied == 26);
    CHECK(read(to[1], received, sizeof received) == 26 && is_alphabet(received, 26));

    copy = copy_all(fds[0], to[0], 7); /* nothing comes any more */
    block_on_future(&copy.future);
    CHECK(copy.result == 0 && copy.copied == 0);
}

static struct task *copy_task;
static struct join_task join_copy;

static struct future *say_abc_and_hang_up(void *unused)
{
    (void)unused;
    CHECK(write(fds[1], "abc", 3) == 3);
    CHECK(shutdown(fds[1], SHUT_WR) == 0);
    join_copy = join_task(copy_task);
    return &join_copy.future;
}

/* One edge tells of both. The copy has all the bytes by then, and must not wait for
 * another edge. */
static void test_copy_all_sees_an_end_that_comes_with_bytes(void)
{
    make_pair(fds);
    make_pair(to);
    copying = allocate(1, sizeof *copying);
    *copying = copy_all(fds[0], to[0], 1000);
    copy_task = spawn(&copying->future, "copy", 0);

    struct sleep_for pause = sleep_for(5 * MS); /* in which the copy begins to wait */
    struct and_then hang_up_late = and_then(&pause.future, say_abc_and_hang_up, NULL);
    struct timeout in_time = timeout(&hang_up_late.future, 5000 * MS);
    block_on_future(&in_time.future);
    CHECK(in_time.result == 0);
    CHECK(read(to[1], received, sizeof received) == 3 && is_alphabet(received, 3));
    CHECK(nobody_waits());
}

static void test_copy_all_reads_once_what_is_short(void)
{
    struct context cx = {.waker = some_waker()};

    make_pair(fds);
    make_pair(to);
    CHECK(write(fds[1], "abc", 3) == 3);
    struct copy_all copy = copy_all(fds[0], to[0], 8); /* 3 are less than half of it */
    CHECK(future_poll(&copy.future, &cx) == PENDING && somebody_waits());
    CHECK(copy.copied == 3 && copy.buffer == NULL && calls.would_block == 0);
    CHECK(future_poll(&copy.future, &cx) == PENDING); /* a spurious wake: it tries */
    CHECK(calls.would_block == 1);

    CHECK(write(fds[1], "defg", 4) == 4); /* no less than half: it tries again */
    CHECK(future_poll(&copy.future, &cx) == PENDING);
    CHECK(copy.copied == 7 && calls.would_block == 2);
    future_drop(&copy.future);
    CHECK(nobody_waits());
}

static void test_copy_all_of_a_stream_that_breaks(void)
{
    make_pair(fds);
    make_pair(to);
    CHECK(write(fds[0], "unread", 6) == 6);
    close(fds[1]); /* over unread bytes: that resets */
    struct copy_all copy = copy_all(fds[0], to[0], sizeof bytes);
    block_on_future(&copy.future);
    CHECK(copy.result == -ECONNRESET && copy.copied == 0);
    future_drop(&copy.future);

    make_pair(fds);
    CHECK(write(fds[1], "lost", 4) == 4);
    close(to[1]);
    copy = copy_all(fds[0], to[0], sizeof bytes);
    block_on_future(&copy.future);
    CHECK(copy.result == -EPIPE && copy.copied == 0);
    future_drop(&copy.future);
    CHECK(nobody_waits());
}

static void test_copy_all_dropped(void)
{
    struct context cx = {.waker = some_waker()};

    make_pair(fds);
    make_pair(to);
    while (write(to[0], bytes, sizeof bytes) > 0)
        ;
    struct copy_all copy = copy_all(fds[0], to[0], sizeof bytes);
    future_drop(&copy.future); /* before its first poll */
    CHECK(future_poll(&copy.future, &cx) == PENDING && somebody_waits());
    CHECK(copy.buffer == NULL); /* an idle stream needs none */
    future_drop(&copy.future);  /* while it reads */
    CHECK(nobody_waits());

    CHECK(write(fds[1], "abc", 3) == 3);
    CHECK(future_poll(&copy.future, &cx) == PENDING && copy.state == COPY_WRITING);
    CHECK(somebody_waits());
    future_drop(&copy.future); /* while it writes */
    future_drop(&copy.future);
    CHECK(nobody_waits());
}

/* A stream that is always ready: the copy must let others run. */
static void test_copy_all_is_polite(void)
{
    struct context cx = {.waker = some_waker()};

    make_pair(fds);
    while (write(fds[1], bytes, sizeof bytes) > 0)
        ;
    struct copy_all copy = copy_all(fds[0], fds[0], 1);
    CHECK(future_poll(&copy.future, &cx) == PENDING);
    CHECK(copy.copied < 100 && watches_count() == 0);
    future_drop(&copy.future);
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
    TEST(read_exact_of_10_kb_in_small_chunks),
    TEST(read_exact_of_a_stream_that_ends_early),
    TEST(read_exact_dropped),
    TEST(copy_all_loses_nothing_when_the_writer_would_block),
    TEST(copy_all_to_the_end),
    TEST(copy_all_sees_an_end_that_comes_with_bytes),
    TEST(copy_all_reads_once_what_is_short),
    TEST(copy_all_of_a_stream_that_breaks),
    TEST(copy_all_dropped),
    TEST(copy_all_is_polite),
    {NULL, NULL},
};
