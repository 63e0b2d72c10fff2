/* Bytes go from a sender over a copier to a receiver: by three threads that block, and by
 * three tasks that wait. A socket has room for some; when that is full, a thread sleeps
 * in write(2), and a task gets a short write, and then EAGAIN. So who is slow slows down
 * who is before it. (copy, back-pressure) */
#include "../../tests/bench/checksum.h"
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* What is sent: noise, over and over. Its length is a prime, so that a piece that is lost
 * or sent twice does not go unnoticed. */
enum { PIECE = 64 << 10, NOISE = 4093 };
static char noise[NOISE + PIECE];

static int64_t size; /* so many bytes are to be sent, */
static int room;     /* and as many fit into the buffers of a socket; 0: the usual */

enum { SENDER, COPIER_IN, COPIER_OUT, RECEIVER, ENDS };
static int ends[ENDS]; /* of two connections */

static char copied[PIECE], inbox[PIECE]; /* the copier's, and the receiver's */
static struct checksum sent, received;
static int64_t position, most_on_the_way; /* the sender's */
static atomic_llong arrived;              /* so many bytes at the receiver */

static struct {
    long calls, would_block;
    long moves[ENDS]; /* so many calls have read or written some bytes */
} counts;

/* Listens to the event log, which lets only one thread in. */
static void count(const struct event *event)
{
    counts.calls++;
    counts.would_block += event->number == -EAGAIN;
    for (int end = 0; end < ENDS; end++)
        counts.moves[end] += event->fd == ends[end] && event->number > 0;
}

/* A piece, or what the copier got with one read, takes one write: the others go on after
 * a short one. */
static long short_writes(void)
{
    return counts.moves[SENDER] - (long)((size + PIECE - 1) / PIECE) +
           counts.moves[COPIER_OUT] - counts.moves[COPIER_IN];
}

/* NULL: all is sent. */
static const char *next_piece(size_t *length)
{
    const char *bytes = noise + position % NOISE;
    int64_t left = size - position;

    *length = left < PIECE ? (size_t)left : PIECE;
    checksum_add(&sent, bytes, *length);
    position += (int64_t)*length;
    if (position - arrived > most_on_the_way)
        most_on_the_way = position - arrived;
    return left > 0 ? bytes : NULL;
}

static void receive(ssize_t n)
{
    checksum_add(&received, inbox, (size_t)n);
    arrived += n;
}

/* ---- three threads: each blocks, in one call after the other ---- */

static void *sender_main(void *unused)
{
    const char *bytes;
    size_t length;

    acting = (struct actor){"sender", 0};
    while ((bytes = next_piece(&length)) != NULL)
        write_blocking(ends[SENDER], bytes, length);
    close(ends[SENDER]); /* so the copier learns that this is the end */
    return unused;
}

static void *copier_main(void *unused)
{
    ssize_t n;

    acting = (struct actor){"copier", 0};
    while ((n = read_blocking(ends[COPIER_IN], copied, PIECE)) > 0)
        write_blocking(ends[COPIER_OUT], copied, (size_t)n);
    close(ends[COPIER_IN]);
    close(ends[COPIER_OUT]);
    return unused;
}

static void *receiver_main(void *unused)
{
    ssize_t n;

    acting = (struct actor){"receiver", 0};
    while ((n = read_blocking(ends[RECEIVER], inbox, PIECE)) > 0)
        receive(n);
    close(ends[RECEIVER]);
    return unused;
}

static void by_threads(void)
{
    pthread_t threads[] = {start_thread(sender_main, NULL),
                           start_thread(copier_main, NULL),
                           start_thread(receiver_main, NULL)};

    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

/* ---- three tasks: each is PENDING where a thread blocks ---- */

struct party { /* the sender or the receiver */
    struct future future;
    struct operation operation; /* one state, one wait */
};

/* Then others have their turn, and find the bytes in the cache: twice as fast. */
enum { AT_ONCE = 4 };

static enum poll_result sender_poll(struct future *future, struct context *cx)
{
    struct party *self = container_of(future, struct party, future);
    const char *bytes;
    size_t length;

    for (int pieces = 0; pieces < AT_ONCE; pieces++) {
        if (future_poll(&self->operation.future, cx) == PENDING)
            return PENDING;
        checked(self->operation.result);
        if ((bytes = next_piece(&length)) == NULL)
            return READY;
        self->operation = write_all(ends[SENDER], bytes, length);
    }
    wake(cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "its turn, after the others");
}

static enum poll_result receiver_poll(struct future *future, struct context *cx)
{
    struct party *self = container_of(future, struct party, future);

    while (future_poll(&self->operation.future, cx) == READY) {
        if (checked(self->operation.result) == 0)
            return READY;
        receive(self->operation.result);
        self->operation = read_some(ends[RECEIVER], inbox, PIECE);
    }
    return PENDING;
}

/* The executor drops what it has run to its end, too. */
static void party_drop(struct future *future)
{
    struct operation *operation = &container_of(future, struct party, future)->operation;

    future_drop(&operation->future);
    if (operation->fd >= 0)
        forget_and_close(operation->fd);
    operation->fd = -1;
}

static struct copy_all copying;

static struct future *end_copy(void *receiving)
{
    checked(copying.result);
    forget_and_close(ends[COPIER_IN]);
    forget_and_close(ends[COPIER_OUT]);
    return receiving;
}

/* The third task is main: it copies, and then waits for the receiver. */
static void by_tasks(void)
{
    struct party *sender = allocate(1, sizeof *sender);
    struct party *receiver = allocate(1, sizeof *receiver);
    size_t length;
    const char *bytes = next_piece(&length);

    for (int end = 0; end < ENDS; end++)
        set_nonblocking(ends[end]);
    *sender =
        (struct party){{sender_poll, party_drop}, write_all(ends[SENDER], bytes, length)};
    *receiver = (struct party){{receiver_poll, party_drop},
                               read_some(ends[RECEIVER], inbox, PIECE)};
    spawn(&sender->future, "sender", 0);
    struct join_task receiving = join_task(spawn(&receiver->future, "receiver", 0));
    copying = copy_all(ends[COPIER_IN], ends[COPIER_OUT], copied, PIECE);
    struct and_then main_task = and_then(&copying.future, end_copy, &receiving.future);
    block_on(&main_task.future);
}

static const char head[] =
    "            bytes  checksum   MB/s   calls  EAGAIN  short writes  on the way";
static const char row[] = "%-8s%9jd  equal   %7.0f%8ld%8ld%14ld%8jd KiB";
static const char json[] = "{\"by\":\"%s\",\"bytes\":%jd,\"MB_per_s\":%.1f,"
                           "\"system_calls\":%ld,\"eagains\":%ld,\"short_writes\":%ld,"
                           "\"on_the_way_kib\":%jd}";

static void run(const char *who, void (*copy)(void), const char *format)
{
    int64_t start = now_ns();

    sent = received = (struct checksum){0};
    position = most_on_the_way = 0;
    arrived = 0;
    memset(&counts, 0, sizeof counts);
    lesson_connection(&ends[SENDER], room);
    lesson_connection(&ends[COPIER_OUT], room);
    copy();
    if (arrived != size || !checksum_equal(&sent, &received))
        fail("%s: %jd of %jd bytes came, and the checksums differ; look at the system "
             "calls with strace -f",
             who, (intmax_t)arrived, (intmax_t)size);
    double speed = (double)size * 1e3 / (double)(now_ns() - start);
    say_untimed(format, who, (intmax_t)size, speed, counts.calls, counts.would_block,
                short_writes(), (intmax_t)most_on_the_way >> 10);
}

int main(int argc, char **argv)
{
    lesson_start("copy", "[--threads|--futures] [SIZE [ROOM]]", &argc, argv);
    bool only_threads = argc > 1 && strcmp(argv[1], "--threads") == 0;
    bool only_tasks = argc > 1 && strcmp(argv[1], "--futures") == 0;
    bool both = !only_threads && !only_tasks;
    int numbers = both ? 1 : 2;

    size = lesson_number(argc > numbers ? argv[numbers] : "64M", 1, INT64_C(1) << 40);
    if (argc > numbers + 1)
        room = (int)lesson_number(argv[numbers + 1], 1, 1 << 30);
    for (uint32_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)((i % NOISE + 1) * 2654435761U >> 24);
    trace_listen(1U << OS_CALL, count);
    if (both)
        say_untimed("%s", head);
    if (!only_tasks)
        run("threads", by_threads, both ? row : json);
    if (!only_threads)
        run("futures", by_tasks, both ? row : json);
    return 0;
}
