#include "view/explain.h"

#include "app/stage.h"
#include "core/trace.h"
#include "view/terminal.h"
#include "view/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static unsigned wanted; /* roles */
static bool has_colour;

/* What may turn out to be a poll in vain is held back until we know. Those are counted,
 * and not shown: else a busy loop would bury all the rest. */
static char held[16384];
static size_t held_length;
static bool holding;
static uint64_t folded;    /* polls in vain since the last line */
static bool nothing_ready; /* since the reactor began to wait */

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

/* Shows what was held back. */
static void release(void)
{
    char number[32];
    char line[80];

    with_commas(folded, number);
    snprintf(line, sizeof line, "           ... %s poll%s, nothing changed\n", number,
             folded == 1 ? "" : "s");
    if (folded > 0)
        fputs(line, stderr);
    fwrite(held, 1, held_length, stderr);
    folded = 0;
    held_length = 0;
    holding = false;
}

static void fold(void)
{
    folded++;
    held_length = 0;
    holding = true;
}

static bool is_reactor(const struct actor *actor)
{
    return actor->kind != NULL && strcmp(actor->kind, "reactor") == 0;
}

/* Something new: what was held back belongs to it. */
static bool is_news(const struct event *event)
{
    switch (event->kind) {
    case FUTURE_READY:
    case EXEC_PENDING:
    case EXEC_DONE:
    case EXEC_SPAWN:
    case EXEC_CANCEL:
    case REACTOR_TIME:
        return true;
    case REACTOR_WAIT:
        return event->number != 0; /* it may take a while */
    case REACTOR_READY:
        return is_reactor(&event->actor); /* a reactor that waits: stage 3 has none */
    case EXEC_WAKE:
        return is_reactor(&event->other);
    default:
        return false;
    }
}

/* Turns are shown by --step. That nothing became ready is worth a line, but not that
 * something did: it has its own. */
static bool is_shown(const struct event *event)
{
    if (event->kind == REACTOR_WAIT)
        nothing_ready = true;
    else if (event->kind == REACTOR_READY || event->kind == REACTOR_TIME)
        nothing_ready = false;
    if (event->kind == EXEC_TURN || (event->kind == REACTOR_WAITED && !nothing_ready) ||
        (event->kind == REACTOR_WAITED && stage.wait == NULL))
        return false;
    return (wanted & 1U << role_of(event->kind)) != 0;
}

static struct words line_of(const struct event *event)
{
    static const char *const colours[] = {"\033[33m", "\033[36m", "\033[35m", "\033[32m"};
    enum role role = role_of(event->kind);
    bool reactor = is_reactor(&event->actor); /* its role says so already */
    int64_t us = event->time / 1000;
    struct words line = {.length = 0};

    add(&line, "%2d.%03d %03d  ", (int)(us / 1000000), (int)(us / 1000 % 1000),
        (int)(us % 1000));
    add(&line, "%s%-7s  %-13s  ", has_colour ? colours[role] : "", role_name(role),
        reactor ? "" : words_of_actor(&event->actor).text);
    add(&line, "%.140s%s\n", words_of_event(event).text, has_colour ? "\033[0m" : "");
    return line;
}

static void show(const struct event *event)
{
    struct words line = line_of(event);

    if (holding && held_length + line.length > sizeof held)
        release();
    if (!holding) {
        fwrite(line.text, 1, line.length, stderr);
        return;
    }
    for (size_t i = 0; i < line.length; i++)
        held[held_length++] = line.text[i];
}

static void explain_event(const struct event *event)
{
    if (event->kind == EXEC_POLL)
        holding = true;
    if (holding && is_news(event))
        release();
    if (event->kind == EXEC_WASTED)
        fold();
    else if (is_shown(event))
        show(event);
}

void explain_start(unsigned roles)
{
    wanted = roles;
    has_colour = terminal_has_colour();
    trace_listen(explain_event);
}

void explain_end(void)
{
    release();
}
