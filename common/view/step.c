#include "view/step.h"

#include "core/message.h"
#include "core/system.h"
#include "view/explain.h"
#include "view/keys.h"
#include "view/lanes.h"
#include "view/words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LINES = 12 };

static int terminal;
static bool runs_on; /* the person does not want to stop any more */
static uint64_t turns;

/* ---- what is shown ---- */

/* The next in the run queue after this ticket; NULL: there is none. */
static const struct lane *next_queued(uint64_t ticket)
{
    const struct lane *next = NULL;

    for (const struct lane *lane = lanes_first(); lane != NULL; lane = lane->next)
        if (lane->queued > ticket && (next == NULL || lane->queued < next->queued))
            next = lane;
    return next;
}

static void show_queue(int64_t length)
{
    uint64_t ticket = 0;

    fprintf(stderr, "run queue: %" PRId64, length);
    for (int shown = 0; shown < length; shown++) {
        const struct lane *lane = next_queued(ticket);
        if (lane == NULL)
            break;
        if (shown == MOST_LINES) {
            fprintf(stderr, ", and %" PRId64 " more", length - shown);
            break;
        }
        fprintf(stderr, "%s%s", shown == 0 ? " = " : ", ",
                words_of_actor(&lane->actor).text);
        ticket = lane->queued;
    }
    fputs("\n", stderr);
}

/* For a descriptor and until a deadline, or only one of them. */
static void show_wait(const struct lane *lane, int64_t now)
{
    int64_t deadline = lane->sleeps.time + lane->sleeps.number;
    struct words line = {.length = 0};

    words_add(&line, "  %-13s  %s", words_of_actor(&lane->actor).text,
              lane->is_waiting ? words_of_event(&lane->waits).text : "waits:");
    if (lane->is_sleeping)
        words_add(&line, "%s deadline in %.1f ms", lane->is_waiting ? ", or" : "",
                  (double)(deadline - now) / (double)NS_PER_MS);
    fprintf(stderr, "%s\n", line.text);
}

static void show_waiting(int64_t now)
{
    int waiting = 0;

    for (const struct lane *lane = lanes_first(); lane != NULL; lane = lane->next) {
        if (!lane->alive || lane->queued > 0)
            continue;
        if (waiting++ < MOST_LINES)
            show_wait(lane, now);
    }
    if (waiting > MOST_LINES)
        fprintf(stderr, "  and %d more wait\n", waiting - MOST_LINES);
}

/* ---- when it stops ---- */

static void step_event(const struct event *event)
{
    if (event->kind != EXEC_TURN || runs_on)
        return;
    explain_flush();
    fprintf(stderr, "---- turn %" PRIu64 ", %.3f s; real time goes on meanwhile ----\n",
            ++turns, (double)event->time / (double)NS_PER_SECOND);
    show_queue(event->number);
    show_waiting(event->time);
}

static void say(const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        runs_on = true; /* the terminal is gone */
}

static void pause_before_turn(void)
{
    if (runs_on)
        return;
    say("Enter: this turn   c: run on   q: end ");
    for (;;) {
        switch (read_key(terminal)) {
        case '\n':
        case '\r':
            say("\n");
            return;
        case '\0': /* a signal: serve is told to stop */
        case 'c':
            say("\n");
            runs_on = true;
            return;
        case 'q':
        case CTRL_D:
            say("\n");
            exit(EXIT_SUCCESS);
        default:
            break;
        }
    }
}

void step_start(void)
{
    terminal = open("/dev/tty", O_RDWR);
    if (terminal < 0) {
        message("--step needs a terminal to read keys from: /dev/tty: %s; "
                "try --explain",
                strerror(errno));
        exit(2);
    }
    lanes_start();
    trace_listen(step_event);
    before_turn = pause_before_turn;
}
