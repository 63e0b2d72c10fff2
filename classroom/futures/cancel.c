/* A read is dropped while it waits. What is lost? By read_some nothing; by read_exact all
 * that it has read before. (Cancellation safety) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { HALF = 50, ALL = 2 * HALF };

static int ends[2]; /* the reader's and the sender's */
static int64_t patience;
static char buffer[ALL]; /* of the read that is dropped */

static void send_half(int letter)
{
    char half[HALF];

    memset(half, letter, HALF);
    if (write(ends[1], half, HALF) != HALF)
        fail("cannot send: %s; run it again", strerror(errno));
    say("sent: 50 times %c", letter);
}

/* Runs it as long as our patience lasts: then timeout drops it. */
static void drop_half_way(struct future *future, const char *name)
{
    struct timeout limit = timeout(future, patience);

    block_on(&limit.future);
    say("%s %s", name, limit.result == 0 ? "is READY" : "has to wait, and is dropped");
}

static ssize_t read_next(void)
{
    char other_buffer[ALL];
    struct operation read = read_some(ends[0], other_buffer, ALL);

    block_on(&read.future);
    if (read.result <= 0)
        fail("cannot read: %s; run it again", strerror((int)-read.result));
    say("read_some: %zd times %c", read.result, other_buffer[0]);
    return read.result;
}

/* A read_some that is PENDING has taken no byte: the first that comes makes it READY. */
static void drop_read_some(void)
{
    struct operation read = read_some(ends[0], buffer, ALL);

    send_half('a');
    ssize_t n = read_next();
    drop_half_way(&read.future, "read_some");
    send_half('b');
    n += read_next();
    say("that is %zd of %d: nothing is lost", n, ALL);
}

static size_t drop_read_exact(void)
{
    struct operation read = read_exact(ends[0], buffer, ALL);

    send_half('a');
    drop_half_way(&read.future, "read_exact of 100");
    send_half('b');
    return ALL - read.left;
}

static void go_on_at(size_t position)
{
    struct operation rest = read_exact(ends[0], buffer + position, ALL - position);

    block_on(&rest.future);
    if (rest.result != 0)
        fail("cannot read: %s; run it again", strerror((int)-rest.result));
    say("read_exact from %zu on: all is there, a to %c", position, buffer[ALL - 1]);
}

int main(int argc, char **argv)
{
    lesson_start("cancel", "[SECONDS]", &argc, argv);
    patience = lesson_seconds(argc, argv, 0.2);
    lesson_pair(ends);

    part("read_some");
    drop_read_some();
    part("read_exact");
    size_t position = drop_read_exact();
    read_next();
    say("lost to it: %zu times %c, still in the other's buffer", position, buffer[0]);
    part("the cure: the position outlives the future");
    position = drop_read_exact();
    go_on_at(position);
    return 0;
}
