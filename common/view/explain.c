#include "view/explain.h"

#include "app/stage.h"
#include "core/trace.h"
#include "view/terminal.h"
#include "view/words.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned wanted; /* roles */
static bool has_colour;

/* The lines of a poll are held back until it has brought something. A wasted poll is
 * counted, and not shown: else a busy loop would bury all the rest. */
static char held[16384];
static size_t held_length;
static bool holding;
static pthread_t poller; /* the thread whose poll it is */
static uint64_t wasted;  /* polls since the last line */

static bool nothing_woken; /* since the reactor began to wait */

/* Writes "1,234,567". */
static void with_commas(uint64_t number, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);

    for (int i = 0; i < length; i++) {
        *text++ = digits[i];
        if ((length - 1 - i) % 3 == 0 && i < length - 1)
            *text++ = ',';
    }
    *text = '\0';
}

/* Shows how many polls were wasted. */
static void show_wasted(void)
{
    char number[32];
    struct words line = {.length = 0};

    with_commas(wasted, number);
    words_add(&line, "           ... %s poll%s, nothing changed\n", number,
              wasted == 1 ? "" : "s");
    if (wasted > 0)
        fputs(line.text, stderr);
    wasted = 0;
}

/* Shows what was held back. */
static void release(void)
{
    show_wasted();
    fwrite(held, 1, held_length, stderr);
    held_length = 0;
    holding = false;
}

static bool is_reactor(const struct actor *actor)
{
    return actor->kind != NULL && strcmp(actor->kind, "reactor") == 0;
}

static bool is_shown(const struct event *event)
{
    if ((wanted & 1U << role_of(event->kind)) == 0)
        return false;
    switch (event->kind) {
    case EXEC_TURN: /* is for --step */
        return false;
    case REACTOR_WAIT: /* a reactor that does not wait says so once */
        return stage.wait != NULL || trace_counts[REACTOR_WAIT] == 1;
    case REACTOR_WAITED: /* that something was ready has been said already */
        return stage.wait != NULL && nothing_woken;
    default:
        return true;
    }
}

static struct words line_of(const struct event *event)
{
    static const char *const colours[] = {"\033[33m", "\033[36m", "\033[35m", "\033[32m"};
    enum role role = role_of(event->kind);
    bool reactor = is_reactor(&event->actor); /* its role says so already */
    int64_t us = event->time / 1000;
    struct words line = {.length = 0};

    words_add(&line, "%2d.%03d %03d  ", (int)(us / 1000000), (int)(us / 1000 % 1000),
              (int)(us % 1000));
    words_add(&line, "%s%-7s  %-13s  ", has_colour ? colours[role] : "", role_name(role),
              reactor ? "" : words_of_actor(&event->actor).text);
    /* cut here, so that the end of the colour and of the line fit */
    words_add(&line, "%.140s%s\n", words_of_event(event).text,
              has_colour ? "\033[0m" : "");
    return line;
}

void explain_flush(void)
{
    show_wasted();
    held_length = 0;
}

static void show(const struct event *event)
{
    struct words line = line_of(event);

    if (holding && held_length + line.length > sizeof held)
        release();
    if (!holding) {
        explain_flush();
        fwrite(line.text, 1, line.length, stderr);
        return;
    }
    for (size_t i = 0; i < line.length; i++)
        held[held_length++] = line.text[i];
}

static void explain_event(const struct event *event)
{
    if (event->kind == EXEC_POLL) {
        holding = true;
        poller = pthread_self();
        held_length = 0;
    } else if (holding && !pthread_equal(pthread_self(), poller))
        release(); /* what another thread does is no part of the poll */
    if (event->kind == REACTOR_WAIT || event->kind == EXEC_WAKE)
        nothing_woken = event->kind == REACTOR_WAIT;
    if (is_shown(event))
        show(event);

    if (event->kind == EXEC_WASTED && holding) {
        wasted++; /* and what is held stays, in case the program ends here */
        holding = false;
    } else if (event->kind == FUTURE_READY || event->kind == EXEC_PENDING ||
               event->kind == EXEC_DONE)
        release();
}

void explain_end(void)
{
    trace_end();
    if (!holding && held_length > 0)
        wasted--;
    release();
}

void explain_start(unsigned roles)
{
    wanted = roles;
    has_colour = terminal_has_colour();
    atexit(explain_end);
    trace_listen(explain_event);
}
