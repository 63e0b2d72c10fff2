/* Many tasks wait, each for a socket of its own, and one byte comes: who is woken? If
 * everyone is, all are polled, and all but one in vain. (thundering herd) */
#include "core/core.h"
#include "lesson.h"

enum { MOST = 400 }; /* each has two descriptors, and 1024 are usual */

static size_t count; /* of the readers */
static struct {
    int ends[2]; /* the reader's, and main's */
    char byte;
    struct waker waker;
} readers[MOST];

struct polls {
    uint64_t all, wasted;
};

/* Main: sends a byte to one reader after the other, and waits until it has come. */
struct caller {
    struct future future;
    bool wakes_all;
    struct future *waits_for;
    struct sleep_for sleep; /* until all readers wait, too */
    struct join_task join;
    size_t sent;
    struct polls before, for_one, for_all;
};

/* Of the readers: for each byte main has been polled once, too. */
static struct polls polls_since(struct polls before, size_t sent)
{
    return (struct polls){trace_count[EXEC_POLL] - before.all - sent,
                          trace_count[EXEC_WASTED] - before.wasted};
}

static void send_next(struct caller *self)
{
    size_t next = self->sent++;

    write_blocking(readers[next].ends[1], "!", 1);
    for (size_t i = 0; self->wakes_all && i < count; i++)
        wake(readers[i].waker); /* who has its byte is gone: that does nothing */
    self->join = join_task(readers[next].waker);
    self->waits_for = &self->join.future;
}

static enum poll_result caller_poll(struct future *future, struct context *cx)
{
    struct caller *self = container_of(future, struct caller, future);

    while (future_poll(self->waits_for, cx) == READY) {
        self->for_all = polls_since(self->before, self->sent);
        if (self->sent == 0)
            self->before = self->for_all;
        if (self->sent == 1)
            self->for_one = self->for_all;
        if (self->sent == count)
            return READY;
        send_next(self);
    }
    return PENDING;
}

static void run(const char *who_is_woken, bool wakes_all)
{
    struct caller caller = {.future = {caller_poll, NULL},
                            .wakes_all = wakes_all,
                            .waits_for = &caller.sleep.future,
                            .sleep = sleep_for(NS_PER_MS)};

    for (size_t i = 0; i < count; i++) {
        struct operation *read = allocate(1, sizeof *read);
        *read = read_some(readers[i].ends[0], &readers[i].byte, 1);
        readers[i].waker = spawn(&read->future, "reader", (long)i + 1);
    }
    block_on(&caller.future);
    say_untimed("%-26s%8ju%8ju%12ju%8ju", who_is_woken, (uintmax_t)caller.for_one.all,
                (uintmax_t)caller.for_one.wasted, (uintmax_t)caller.for_all.all,
                (uintmax_t)caller.for_all.wasted);
}

int main(int argc, char **argv)
{
    lesson_start("herd", "[TASKS]", &argc, argv);
    count = (size_t)lesson_number(argc > 1 ? argv[1] : "100", 1, MOST);
    for (size_t i = 0; i < count; i++)
        lesson_pair(readers[i].ends);
    say_untimed("%4zu tasks, %4zu sockets    %16s%20s", count, count, "for one byte",
                "for a byte to each");
    say_untimed("%-26s%8s%8s%12s%8s", "who is woken", "polls", "wasted", "polls",
                "wasted");
    run("whose socket is readable", false);
    run("everyone", true);
    return 0;
}
