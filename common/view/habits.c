#include "view/habits.h"

#include "view/doctor.h"
#include "view/text.h"

#include <signal.h>

enum {
    LONG_POLL_MS = 50,
    MANY_TURNS = 10,   /* in a run of fewer most may well be in vain */
    MANY_WAITS = 1000, /* in a row */
};
#define BIT(kind) (1U << (kind))
static const uint32_t usual = BIT(EXEC_TURN) | BIT(EXEC_PENDING) | BIT(EXEC_WASTED) |
                              BIT(EXEC_DONE) | BIT(REACTOR_WASTED);

/* ---- long polls ---- */

static bool a_person_looks;               /* so printing takes time, too */
static volatile sig_atomic_t was_stopped; /* since the last event */
static int64_t last_time;                 /* of an event */
static struct {
    long count;
    int64_t longest; /* ns */
    struct actor task;
} long_polls;

static void look_at_time(const struct event *event)
{
    int64_t took = event->time - last_time;
    bool counts = event->kind != EXEC_TURN && !was_stopped && !a_person_looks;

    last_time = event->time;
    was_stopped = 0;
    if (!counts || took <= LONG_POLL_MS * NS_PER_MS)
        return;
    long_polls.count++;
    if (took > long_polls.longest) {
        long_polls.longest = took;
        long_polls.task = event->actor;
    }
}

/* ---- busy tasks ---- */

/* A turn is in vain if nothing becomes ready in it, and yet a poll wakes a task: then the
 * reactor does not wait after it. */
static struct {
    uint64_t count;
    uint64_t in_vain;
    uint64_t wakes;      /* in all, before this one */
    bool woke;           /* this one has woken a task */
    bool brought;        /* and it has brought something */
    struct actor wasted; /* the task whose poll has brought nothing */
} turns;

static void look_at_turn(void)
{
    turns.count++;
    turns.in_vain += turns.woke && !turns.brought;
    turns.wakes = trace_count[EXEC_WAKE];
    turns.woke = false;
    turns.brought = false;
}

static void look_at_poll(const struct event *event)
{
    turns.woke = trace_count[EXEC_WAKE] > turns.wakes;
    if (event->kind == EXEC_WASTED)
        turns.wasted = event->actor;
    else
        turns.brought = true;
}

void doctor_warns(void)
{
    if (turns.in_vain >= MANY_TURNS && turns.in_vain > turns.count / 2)
        message("busy: in %.1f %% of %s turns nothing was ready, and yet tasks such as "
                "%s were woken by a poll; either a future should leave its waker instead "
                "of calling it, or the reactor should wait",
                100.0 * (double)turns.in_vain / (double)turns.count,
                words_of_number(turns.count).text, words_of_actor(&turns.wasted).text);
    if (long_polls.count > 0)
        message("blocked: a poll of %s took %.0f ms (polls over %d ms: %ld), and no "
                "other task could run; what computes or blocks belongs on a thread",
                words_of_actor(&long_polls.task).text,
                (double)long_polls.longest / (double)NS_PER_MS, LONG_POLL_MS,
                long_polls.count);
}

/* ---- a busy reactor ---- */

static struct {
    int in_a_row;      /* that were to wait, and woke nobody */
    bool is_said;      /* that is said once */
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

static void habits_event(const struct event *event)
{
    switch (event->kind) {
    case EXEC_TURN:
        look_at_time(event);
        look_at_turn();
        break;
    case REACTOR_READY: /* only after very many waits, to see what comes back */
        if (event->other.kind == NULL)
            waits.came = *event;
        break;
    case REACTOR_WASTED:
        if (++waits.in_a_row == MANY_WAITS) {
            waits.came.word = NULL;
            trace_listen(usual | BIT(REACTOR_READY), habits_event);
        } else if (waits.in_a_row > MANY_WAITS && !waits.is_said)
            warn_of_busy_reactor();
        break;
    default:
        waits.in_a_row = 0;
        look_at_time(event);
        look_at_poll(event);
    }
}

void habits_was_stopped(void)
{
    was_stopped = 1;
}

void habits_start(bool person_looks)
{
    a_person_looks = person_looks;
    trace_listen(usual, habits_event);
}
