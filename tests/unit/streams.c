/* Unit tests of streams: read_exact of what drips, and copy_all. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fds[2]; /* fds[1] is the far end of where we read from */
static int to[2];  /* to[1] is the far end of where we write to */
static char bytes[64 * 1024];
static char received[32 * 1024];

static bool is_alphabet(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != (char)('a' + i % 26))
            return false;
    return true;
}

/* ---- a slow sender ---- */

/* Sends the alphabet over and over, in chunks of 1, 2, 3, ... 99, 1, ... bytes, and lets
 * all others run after each; then closes. */
struct drip {
    struct future future;
    int fd;
    bool wrote; /* the chunk: now it lets others run */
    size_t total;
    size_t sent;
    size_t chunk;
    char text[100];
    struct operation write;
};

static void start_writing(struct drip *self)
{
    self->chunk = self->chunk % 99 + 1;
    if (self->chunk > self->total - self->sent)
        self->chunk = self->total - self->sent;
    for (size_t i = 0; i < self->chunk; i++)
        self->text[i] = (char)('a' + (self->sent + i) % 26);
    self->write = write_all(self->fd, self->text, self->chunk);
}

static enum poll_result drip_poll(struct future *future, struct context *cx)
{
    struct drip *self = container_of(future, struct drip, future);

    if (future_poll(&self->write.future, cx) == PENDING)
        return PENDING;
    CHECK(self->write.result == 0);
    self->sent += self->chunk;
    if (self->sent == self->total) {
        forget_and_close(self->fd);
        return READY;
    }
    start_writing(self);
    wake(cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "its turn");
}

static void spawn_drip(int fd, size_t total)
{
    struct drip *self = allocate(1, sizeof *self);

    self->future = (struct future){drip_poll, NULL};
    self->fd = fd;
    self->total = total;
    start_writing(self);
    spawn(&self->future, "drip", 0);
}

static void test_read_exact_of_10_kb_in_small_chunks(void)
{
    enum { SIZE = 10 * 1024 };

    make_pair(fds);
    spawn_drip(fds[1], SIZE);
    struct operation read_it = read_exact(fds[0], bytes, SIZE);
    block_on_future(&read_it.future);
    CHECK(read_it.result == 0 && read_it.left == 0 && is_alphabet(bytes, SIZE));
    CHECK(trace_count[FUTURE_WAITS] > 50); /* or nothing was shown */
}

/* ---- copy ---- */

static struct copy_all copy;
static char buffer[64 * 1024]; /* its own */
static struct join_task join_copy;
static struct timeout in_time; /* a time that is long enough for any machine */

static void make_pairs(void)
{
    make_tcp_pair(fds);
    make_pair(to);
}

static void spawn_copy(int output, size_t size)
{
    copy = copy_all(fds[0], output, buffer, size);
    copy.result = -1;
    join_copy = join_task(spawn(&note_end_of(&copy.future, 'c')->future, "copy", 0));
}

/* All steps, a pause after each, and then the copy ends by itself. */
static void run_copy(step *first, step *second, step *third)
{
    in_time = timeout(&join_copy.future, 20000 * MS);
    in_one_run_until(&in_time.future, first, second, third);
    CHECK(in_time.result == 0 && copy.result == 0 && noted("c"));
    CHECK(nobody_waits());
}

/* Whether just that came out of the copy. */
static bool came(const char *text)
{
    ssize_t n = read(to[1], received, sizeof received);

    return n == (ssize_t)strlen(text) && memcmp(received, text, (size_t)n) == 0;
}

static void say(const char *text)
{
    CHECK(write(fds[1], text, strlen(text)) == (ssize_t)strlen(text));
}

static void say_abc(void)
{
    say("abc");
}

static void half_close(void)
{
    CHECK(shutdown(fds[1], SHUT_WR) == 0);
}

static void say_abc_and_half_close(void)
{
    say_abc();
    half_close();
}

static void copy_tcp(void)
{
    make_pairs();
    spawn_copy(to[0], 1000);
}

static void copy_unix(void)
{
    make_pair(fds);
    make_pair(to);
    spawn_copy(to[0], 1000);
}

static void test_copy_all_to_the_end(void)
{
    make_pairs();
    copy = copy_all(fds[0], to[0], buffer, 7);
    say("abcdefghijklmnopqrstuvwxyz");
    half_close();
    block_on_future(&copy.future);
    CHECK(copy.result == 0 && came("abcdefghijklmnopqrstuvwxyz"));

    copy = copy_all(fds[0], to[0], buffer, 7); /* nothing comes any more */
    block_on_future(&copy.future);
    CHECK(copy.result == 0 && nobody_waits());
}

static struct operation reading;

/* Reads when the copy cannot go on, because nobody has read. */
static enum poll_result read_at_last(struct script *self, struct context *cx)
{
    bool waits = copy.state == COPY_WRITING && copy.operation.watched;

    if (self->fd < 0 && !waits) {
        wake(cx->waker);
        return PENDING;
    }
    if (self->fd < 0)
        reading = read_exact(to[1], received, sizeof received);
    self->fd = to[1];
    return future_poll(&reading.future, cx);
}

/* From one pair to another, through a send buffer that is too small. */
static void test_copy_all_loses_nothing_when_the_writer_would_block(void)
{
    int small = 4 * 1024;
    struct script main_script = script(read_at_last, 'm');

    make_pairs();
    CHECK(setsockopt(to[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
    spawn_drip(fds[1], sizeof received);
    spawn_copy(to[0], 1000);
    block_on(&main_script.future);
    CHECK(reading.result == 0 && is_alphabet(received, sizeof received));
}

/* ---- the end ---- */

static void test_copy_all_sees_an_end_after_bytes(void)
{
    run_copy(copy_tcp, say_abc, half_close);
    CHECK(came("abc"));
    run_copy(copy_unix, say_abc, half_close);
    CHECK(came("abc"));
}

/* One edge tells of both, and there will not be another. */
static void test_copy_all_sees_an_end_that_comes_with_bytes(void)
{
    run_copy(copy_tcp, say_abc_and_half_close, NULL);
    CHECK(came("abc"));
    run_copy(copy_unix, say_abc_and_half_close, NULL);
    CHECK(came("abc"));
}

/* The end is reported while nobody reads: the copy has to write. */
static void say_abc_when_the_output_is_full(void)
{
    fill(to[0]);
    say_abc();
}

static void go_on_reading(void)
{
    CHECK(copy.state == COPY_WRITING);
    half_close();
    reactor_wait(0);
    empty(to[1]);
}

static void test_copy_all_sees_an_end_that_came_while_it_wrote(void)
{
    run_copy(copy_tcp, say_abc_when_the_output_is_full, go_on_reading);
    CHECK(came("abc"));
}

/* ---- giving way ---- */

enum { MANY = 512 }; /* bytes, which take a copy by 8 as many operations as it may make */

static void copy_by_8(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    make_pairs();
    spawn_copy(to[0], 8);
}

static enum poll_result say_more(struct script *self, struct context *cx)
{
    (void)self;
    (void)cx;
    CHECK(copy.state == COPY_READING); /* it has given way */
    CHECK(write(fds[1], bytes + MANY, 10) == 10);
    return READY;
}

/* The copy is polled, has to give way, and in the same turn more comes. */
static void say_many_and_then_more(void)
{
    CHECK(write(fds[1], bytes, MANY) == MANY);
    wake(wakers['c' - 'a']);
    spawn_script(say_more, 's');
}

static void all_came(void)
{
    CHECK(read(to[1], received, sizeof received) == MANY + 10);
    CHECK(is_alphabet(received, MANY + 10));
    half_close();
}

static void test_copy_all_that_gives_way_while_more_comes(void)
{
    run_copy(copy_by_8, say_many_and_then_more, all_came);
}

static int reads;

static void count_reads(const struct event *event)
{
    reads += strcmp(event->word, "read") == 0;
}

/* A stream that is always ready: the copy must let others run. */
static void test_copy_all_is_polite(void)
{
    make_pair(fds);
    fill(fds[1]);
    trace_listen(BIT(OS_CALL), count_reads);
    copy = copy_all(fds[0], fds[0], buffer, 1);
    CHECK(poll_by_hand(&copy.future) == PENDING);
    CHECK(reads > 0 && reads < 1000 && reactor_watching == 0);
    future_drop(&copy.future);
}

/* ---- urgent bytes ---- */

static void say_urgent(void)
{
    CHECK(send(fds[1], "!", 1, MSG_OOB) == 1);
}

static size_t size_of_copy;
static uint64_t polls_before;

static void copy_by_size(void)
{
    make_pairs();
    spawn_copy(to[0], size_of_copy);
}

static void say_urgent_amid_others(void)
{
    say_abc();
    say_urgent();
    say("defgh");
    polls_before = trace_count[EXEC_POLL];
}

static void the_others_came(void)
{
    CHECK(came("abcdefgh"));
    half_close();
}

/* A read stops at the urgent byte, and gets less than there is. */
static void test_copy_all_passes_urgent_bytes(void)
{
    for (size_of_copy = 1; size_of_copy <= 9; size_of_copy++)
        run_copy(copy_by_size, say_urgent_amid_others, the_others_came);
}

/* The same while the copy has to write: what is reported meanwhile is not forgotten. */
static void say_urgent_when_the_output_is_full(void)
{
    say_abc_when_the_output_is_full();
    say_urgent();
    say("defgh");
}

static void drain(void)
{
    CHECK(copy.state == COPY_WRITING);
    reactor_wait(0);
    empty(to[1]);
}

static void test_copy_all_passes_urgent_bytes_that_came_while_it_wrote(void)
{
    for (size_of_copy = 1; size_of_copy <= 9; size_of_copy++) {
        struct sleep_for pause = sleep_for(20 * MS);
        in_one_run_until(&pause.future, copy_by_size, say_urgent_when_the_output_is_full,
                         drain);
        CHECK(came("abcdefgh"));
    }
}

static void say_urgent_alone(void)
{
    say_urgent();
    polls_before = trace_count[EXEC_POLL];
}

static void say_abc_and_urgent(void)
{
    say_abc();
    say_urgent_alone();
}

static bool few_polls_since(step *what_is_said)
{
    struct sleep_for pause = sleep_for(50 * MS);

    in_one_run_until(&pause.future, copy_tcp, what_is_said, NULL);
    return trace_count[EXEC_POLL] - polls_before < 10 || is_busy();
}

static void test_an_urgent_byte_makes_no_busy_loop(void)
{
    CHECK(few_polls_since(say_urgent_alone));
    CHECK(few_polls_since(say_abc_and_urgent) && came("abc"));
    CHECK(few_polls_since(say_urgent_amid_others) && came("abcdefgh"));
}

/* ---- echo ---- */

static void echo_by_1000(void)
{
    make_pairs();
    spawn_copy(fds[0], 1000);
}

static void say_the_alphabet_and_half_close(void)
{
    for (size_t i = 0; i < sizeof received; i++)
        bytes[i] = (char)('a' + i % 26);
    CHECK(write(fds[1], bytes, sizeof received) == sizeof received);
    half_close();
}

/* Who has said all it wants to say still hears all of the answer. */
static void test_copy_all_to_who_has_half_closed(void)
{
    run_copy(echo_by_1000, say_the_alphabet_and_half_close, NULL);
    struct operation read_it = read_exact(fds[1], received, sizeof received);
    block_on_future(&read_it.future);
    CHECK(read_it.result == 0 && is_alphabet(received, sizeof received));
}

/* ---- streams that break, and copies that are dropped ---- */

static void test_copy_all_of_a_stream_that_breaks(void)
{
    make_pair(fds);
    make_pair(to);
    CHECK(write(fds[0], "unread", 6) == 6);
    close(fds[1]); /* over unread bytes: that resets */
    copy = copy_all(fds[0], to[0], buffer, sizeof bytes);
    block_on_future(&copy.future);
    CHECK(copy.result == -ECONNRESET);

    make_pair(fds);
    say("lost");
    close(to[1]);
    copy = copy_all(fds[0], to[0], buffer, sizeof bytes);
    block_on_future(&copy.future);
    CHECK(copy.result == -EPIPE);
    future_drop(&copy.future);
    CHECK(nobody_waits());
}

static void test_copy_all_dropped(void)
{
    make_pair(fds);
    make_pair(to);
    fill(to[0]);
    copy = copy_all(fds[0], to[0], buffer, sizeof bytes);
    future_drop(&copy.future); /* before its first poll */
    CHECK(poll_by_hand(&copy.future) == PENDING && somebody_waits());
    future_drop(&copy.future); /* while it reads */
    CHECK(nobody_waits());

    say_abc();
    CHECK(poll_by_hand(&copy.future) == PENDING && copy.state == COPY_WRITING);
    CHECK(somebody_waits());
    future_drop(&copy.future); /* while it writes */
    future_drop(&copy.future);
    CHECK(nobody_waits());
}

const struct test stream_tests[] = {
    TEST(read_exact_of_10_kb_in_small_chunks),
    TEST(copy_all_loses_nothing_when_the_writer_would_block),
    TEST(copy_all_to_the_end),
    TEST(copy_all_sees_an_end_after_bytes),
    TEST(copy_all_sees_an_end_that_comes_with_bytes),
    TEST(copy_all_sees_an_end_that_came_while_it_wrote),
    TEST(copy_all_that_gives_way_while_more_comes),
    TEST(copy_all_is_polite),
    TEST(copy_all_passes_urgent_bytes),
    TEST(copy_all_passes_urgent_bytes_that_came_while_it_wrote),
    TEST(an_urgent_byte_makes_no_busy_loop),
    TEST(copy_all_to_who_has_half_closed),
    TEST(copy_all_of_a_stream_that_breaks),
    TEST(copy_all_dropped),
    {NULL, NULL},
};
