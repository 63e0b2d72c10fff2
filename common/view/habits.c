#include "view/habits.h"

#include "view/doctor.h"
#include "view/text.h"

#include <signal.h>

enum {
    LONG_POLL_MS = 50,
    MANY_POLLS = 10,   /* of fewer most may well be in vain */
    MANY_WAITS = 1000, /* in a row */
};
#define BIT(kind) (1U << (kind))
static const uint32_t usual = BIT(EXEC_TURN) | BIT(EXEC_PENDING) | BIT(EXEC_WASTED) |
                              BIT(EXEC_DONE) | BIT(REACTOR_WASTED);

/* ---- long polls ---- */

static bool a_person_looks; /* so printing takes time, too */
/* Events that do not count after a stop: the clock of the first may be read before it. */
static volatile sig_atomic_t stopped;
static int64_t last_time; /* of an event */
static struct {
    long count;
    int64_t longest; /* ns */
    struct actor task;
} long_polls;

static void look_at_time(const struct event *event)
{
    int64_t took = event->time - last_time;
    bool counts = event->kind != EXEC_TURN && stopped == 0 && !a_person_looks;

    last_time = event->time;
    if (stopped > 0)
        stopped--;
    if (!counts || took <= LONG_POLL_MS * NS_PER_MS)
        return;
    long_polls.count++;
    if (took > long_polls.longest) {
        long_polls.longest = took;
        long_polls.task = event->actor;
    }
}

/* ---- busy tasks ---- */

/* A poll is in vain if nothing becomes ready in it, and yet it wakes a task. */
static struct {
    uint64_t count;
    uint64_t in_vain;
    uint64_t wakes;    /* in all, before this one */
    struct actor task; /* of the last one in vain */
} polls;

static void look_at_poll(const struct event *event)
{
    polls.count++;
    if (event->kind != EXEC_WASTED || trace_count[EXEC_WAKE] == polls.wakes)
        return;
    polls.in_vain++;
    polls.task = event->actor;
}

void habits_warn_of_busy_tasks(void)
{
    if (polls.in_vain >= MANY_POLLS && polls.in_vain > polls.count / 2)
        message("busy: %.1f %% of %s polls brought nothing, and yet woke a task again, "
                "such as %s; either its future should leave its waker instead of calling "
                "it, or the reactor should wait",
                100.0 * (double)polls.in_vain / (double)polls.count,
                words_of_number(polls.count).text, words_of_actor(&polls.task).text);
}

void habits_warn_of_long_polls(int64_t least)
{
    if (long_polls.count > 0 && long_polls.longest >= least)
        message("blocked: a poll of %s took %.0f ms (polls over %d ms: %ld), and no "
                "other task could run; what computes or blocks belongs on a thread",
                words_of_actor(&long_polls.task).text,
                (double)long_polls.longest / (double)NS_PER_MS, LONG_POLL_MS,
                long_polls.count);
}

/* ---- a busy reactor ---- */

static struct {
    uint64_t in_a_row; /* that were to wait, and woke nobody */
    bool is_said;      /* that is said once, or never */
    struct event came; /* what the last one brought; no word: nothing */
} waits;

static void warn_of_busy_reactor(void)
{
    struct words what = {.length = 0};

    if (waits.came.word != NULL)
        words_add(&what,
                  "fd %d is %s, and nobody waits for that; ask the kernel only "
                  "for what somebody waits for",
                  waits.came.fd, waits.came.word);
    else
        words_add(&what, "no descriptor was ready; is its time-out too short, such as 0, "
                         "or rounded down?");
    message("busy: the reactor has come back %d times in a row, and woken nobody: %s",
            MANY_WAITS, what.text);
    waits.is_said = true;
}

static void habits_event(const struct event *event);

static void look_at_wait(void)
{
    if (waits.is_said || ++waits.in_a_row < MANY_WAITS)
        return;
    if (waits.in_a_row == MANY_WAITS) {
        waits.came.word = NULL;
        trace_listen(usual | BIT(REACTOR_READY), habits_event);
    } else
        warn_of_busy_reactor();
}

static void habits_event(const struct event *event)
{
    switch (event->kind) {
    case REACTOR_READY: /* only after very many waits, to see what comes back */
        if (event->other.kind == NULL)
            waits.came = *event;
        return;
    case REACTOR_WASTED:
        look_at_wait();
        return;
    case EXEC_TURN:
        look_at_time(event);
        break;
    default:
        waits.in_a_row = 0;
        look_at_time(event);
        look_at_poll(event);
    }
    polls.wakes = trace_count[EXEC_WAKE];
}

void habits_was_stopped(int number)
{
    (void)number;
    stopped = 2;
}

void habits_start(const struct views *views)
{
    a_person_looks = views->explain != 0 || views->step;
    waits.is_said = call_to_sleep(views->how) == NULL;
    trace_listen(usual, habits_event);
}
