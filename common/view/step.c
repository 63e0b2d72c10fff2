#include "view/step.h"

#include "core/message.h"
#include "core/system.h"
#include "view/lanes.h"
#include "view/words.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { MOST_LINES = 12, CTRL_C = 3, CTRL_D = 4 };

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
    bool waits = lane->waits.kind != EXEC_POLL;
    int64_t deadline = lane->sleeps.time + lane->sleeps.number;
    struct words line = {.length = 0};

    add(&line, "  %-13s  %s", words_of_actor(&lane->actor).text,
        waits ? words_of_event(&lane->waits).text : "waits:");
    if (lane->sleeps.kind != EXEC_POLL)
        add(&line, "%s deadline in %.1f ms", waits ? ", or" : "",
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

/* ---- keys ---- */

/* One key, without Enter after it, and without an echo. Ctrl-C comes as a key too: the
 * terminal must not stay like this when we end. */
static char read_key(void)
{
    struct termios usual;
    struct termios raw;
    char key = CTRL_D; /* if the terminal is gone */

    if (tcgetattr(terminal, &usual) != 0)
        return key;
    raw = usual;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(terminal, TCSANOW, &raw);
    while (read(terminal, &key, 1) < 0 && errno == EINTR)
        ;
    tcsetattr(terminal, TCSANOW, &usual);
    return key;
}

static void obey(char key)
{
    switch (key) {
    case 'c':
        runs_on = true;
        break;
    case 'q':
    case CTRL_D:
        exit(EXIT_SUCCESS);
    case CTRL_C:
        runs_on = true;
        raise(SIGINT);
        break;
    default:
        break;
    }
}

static void ask(void)
{
    static const char prompt[] = "Enter: this turn   c: run on   q: end ";
    char key;

    if (write(terminal, prompt, sizeof prompt - 1) < 0)
        runs_on = true;
    do
        key = read_key();
    while (strchr("\n\rcq\003\004", key) == NULL);
    if (write(terminal, "\n", 1) < 0)
        runs_on = true;
    obey(key);
}

static void step_event(const struct event *event)
{
    if (event->kind != EXEC_TURN || runs_on)
        return;
    fprintf(stderr, "---- turn %" PRIu64 ", %.3f s; real time goes on meanwhile ----\n",
            ++turns, (double)event->time / (double)NS_PER_SECOND);
    show_queue(event->number);
    show_waiting(event->time);
    ask();
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
}
