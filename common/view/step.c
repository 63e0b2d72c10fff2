#include "view/step.h"

#include "view/fold.h"
#include "view/keys.h"
#include "view/lanes.h"
#include "view/words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LINES = 12 };

static int terminal;
static bool runs_on; /* the person does not want to stop any more */
static uint64_t turns;
static const char *other_side; /* whose clock we cannot stop; NULL: there is none */

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
    const struct lane *lane = next_queued(0);
    int shown = 0;

    words_print("run queue: %" PRId64, length);
    for (; lane != NULL && shown < MOST_LINES; lane = next_queued(lane->queued))
        words_print("%s%s", shown++ == 0 ? " = " : ", ",
                    words_of_actor(&lane->actor).text);
    if (lane != NULL)
        words_print(", and %" PRId64 " more", length - shown);
    words_print("\n");
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
    words_print("%s\n", line.text);
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
        words_print("  and %d more wait\n", waiting - MOST_LINES);
}

static void show_turn(const struct event *turn)
{
    fold_flush();
    if (turns++ == 0 && other_side != NULL)
        words_print("---- while you look, our clock stands still; %s runs on ----\n",
                    other_side);
    words_print("---- turn %" PRIu64 ", %.3f s ----\n", turns,
                (double)turn->time / (double)NS_PER_SECOND);
    show_queue(turn->number);
    show_waiting(turn->time);
}

/* ---- when it stops ---- */

static void say(const char *text)
{
    if (write(terminal, text, strlen(text)) < 0)
        runs_on = true; /* the terminal is gone */
}

/* Until the person wants the turn. */
static void ask(void)
{
    static const char prompt[] = "Enter: this turn   c: run on   q: end ";

    say(prompt);
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
        case CTRL_L:
            say(prompt);
            break;
        default:
            break;
        }
    }
}

static void step_event(const struct event *turn)
{
    if (runs_on)
        return;
    int64_t before = now_ns();
    show_turn(turn);
    ask();
    clock_leave_out(now_ns() - before);
}

void step_start(const struct views *views)
{
    terminal = open("/dev/tty", O_RDWR);
    if (terminal < 0) {
        message("--step needs a terminal to read keys from: /dev/tty: %s; "
                "try --explain",
                strerror(errno));
        exit(2);
    }
    if (views->only_serves || views->only_asks)
        other_side = views->only_serves ? "that of the clients" : "that of the server";
    lanes_start();
    trace_listen(1U << EXEC_TURN, step_event);
}
