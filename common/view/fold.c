#include "view/fold.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct words (*line_of)(const struct event *event);

static void put_on_stderr(const char *lines, size_t length)
{
    print_all(STDERR_FILENO, lines, length);
}
static void (*put)(const char *lines, size_t length) = put_on_stderr;

void fold_put(void (*otherwise)(const char *lines, size_t length))
{
    put = otherwise;
}

/* The lines of a poll are held back until it has brought something. A wasted poll is
 * counted, and not shown: else a busy loop would bury all the rest. */
static char held[16384];
static size_t held_length;
static bool holding;
static pthread_t poller; /* whose poll it is */
static uint64_t wasted;  /* polls since the last line */

/* Likewise of the waits that were to wait, and woke nobody, only the first is shown. */
static struct {
    uint64_t in_a_row;
    uint64_t folded;    /* since the last line */
    struct event begin; /* of this one */
    bool is_held;       /* begin is not shown yet */
    struct event came;  /* the first to be ready that nobody waits for; no word: none */
    uint64_t wakes;     /* in all, when it began */
} waits;

static void count(uint64_t *folded, const char *what, const char *why)
{
    struct words line = {.length = 0};

    words_add(&line, "           ... %s %s%s, %s\n", words_of_number(*folded).text, what,
              *folded == 1 ? "" : "s", why);
    if (*folded > 0)
        put(line.text, line.length);
    *folded = 0;
}

void fold_flush(void)
{
    count(&wasted, "poll", "nothing changed");
    count(&waits.folded, "wait", "woke nobody");
    held_length = 0;
}

/* Shows what was held back. */
void fold_release(void)
{
    size_t length = held_length;

    fold_flush();
    holding = false;
    put(held, length);
}

static void show(const struct event *event)
{
    struct words line = line_of(event);

    if (line.length == 0)
        return;
    if (holding && held_length + line.length > sizeof held)
        fold_release();
    if (!holding) {
        fold_flush();
        put(line.text, line.length);
        return;
    }
    memcpy(held + held_length, line.text, line.length);
    held_length += line.length;
}

/* ---- polls ---- */

static void fold_poll(const struct event *event)
{
    if (event->kind == EXEC_POLL) {
        holding = true;
        poller = pthread_self();
        held_length = 0;
    } else if (holding && !pthread_equal(pthread_self(), poller))
        fold_release(); /* what another thread does is no part of the poll */
    show(event);

    if (event->kind == EXEC_WASTED && holding) {
        wasted++; /* and what is held stays, in case the program ends here */
        holding = false;
    } else if (event->kind == FUTURE_READY || event->kind == EXEC_PENDING ||
               event->kind == EXEC_DONE || event->kind == EXEC_STUCK ||
               (event->kind == OS_CALL && event->number > 0)) /* some bytes */
        fold_release();
}

/* ---- waits ---- */

static void show_begin(void)
{
    if (waits.is_held)
        show(&waits.begin);
    waits.is_held = false;
}

static void wait_begins(const struct event *event)
{
    waits.begin = *event;
    waits.came.word = NULL;
    waits.wakes = trace_count[EXEC_WAKE];
    waits.is_held = true;
    if (waits.in_a_row == 0)
        show_begin();
}

/* What has come back says why; if nothing has, the event does. */
static void wait_was_wasted(const struct event *event)
{
    waits.is_held = false;
    if (waits.in_a_row++ > 0)
        waits.folded++;
    else
        show(waits.came.word != NULL ? &waits.came : event);
}

static void fold_event(const struct event *event)
{
    if (event->kind == REACTOR_WAIT) {
        wait_begins(event);
    } else if (event->kind == REACTOR_WASTED) {
        wait_was_wasted(event);
    } else if (event->kind == REACTOR_READY && event->other.kind == NULL) {
        if (waits.came.word == NULL)
            waits.came = *event;
    } else {
        show_begin();
        waits.in_a_row = 0;
        if (event->kind != REACTOR_WAITED || trace_count[EXEC_WAKE] == waits.wakes)
            fold_poll(event);
    }
}

void fold_end(void)
{
    trace_end();
    if (!holding && held_length > 0)
        wasted--;
    fold_release();
}

void fold_start(struct words (*line)(const struct event *event))
{
    line_of = line;
    atexit(fold_end);
    trace_listen(((1U << EVENT_KINDS) - 1) & ~(1U << EXEC_TURN), fold_event);
}
