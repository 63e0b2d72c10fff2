#include "view/step.h"

#include "view/keys.h"
#include "view/room.h"
#include "view/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int terminal;
static bool runs_on; /* the person does not want to stop any more */

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
    turn_show(turn);
    ask();
    if (runs_on)
        room_has_no_end();
    else
        room_begins(turn->number);
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
    turn_start(views);
    room_start();
    room_begins(0);
    trace_listen(1U << EXEC_TURN, step_event);
}

void step_end(void)
{
    if (!runs_on)
        room_ends();
}
