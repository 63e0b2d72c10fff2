#include "view/explain.h"

#include "view/fold.h"
#include "view/terminal.h"
#include "view/words.h"

static unsigned wanted; /* roles */
static enum emphasis emphasis;

/* Of xterm's 256, each with a contrast of at least 4.5 on white and on black. (So have 98
 * and 243.) What they mean is said by the role, too. */
static const int colours[] = {[EXEC] = 131, [FUTURE] = 63, [REACTOR] = 163, [OS] = 29};

static bool is_shown(const struct event *event)
{
    if ((wanted & 1U << role_of(event->kind)) == 0)
        return false;
    switch (event->kind) {
    case EXEC_STUCK:     /* a message has said so */
    case REACTOR_FORGET: /* a close follows */
    case REACTOR_TIMER:  /* a future says so */
    case REACTOR_UNTIMER:
        return false;
    case REACTOR_WATCH: /* not that the waker is given back */
        return event->other.kind != NULL;
    case REACTOR_WAIT: /* a reactor that does not wait says so once */
        return words_of_wait() != NULL || trace_count[REACTOR_WAIT] == 1;
    case REACTOR_WAITED:
        return words_of_wait() != NULL;
    default:
        return true;
    }
}

/* The role, and what begins there: its colour, up to the end of the line. */
static void add_role(struct words *line, enum role role)
{
    if (emphasis == COLOURS)
        words_add(line, "\033[38;5;%dm", colours[role]);
    words_add(line, emphasis == BOLD ? "\033[1m%-7s\033[0m  " : "%-7s  ",
              role_name(role));
}

static struct words line_of(const struct event *event)
{
    static const struct actor reactor = {"reactor", 0};
    bool is_reactor = same_actor(&event->actor, &reactor); /* its role says so */
    int us = (int)(event->time / 1000 % 1000000);
    struct words line = {.length = 0};

    if (!is_shown(event))
        return line;
    words_add(&line, "%2d.%03d %03d  ", (int)(event->time / NS_PER_SECOND), us / 1000,
              us % 1000);
    add_role(&line, role_of(event->kind));
    words_add(&line, "%-13s  ", is_reactor ? "" : words_of_actor(&event->actor).text);
    /* cut here, so that the end of the colour and of the line fit */
    words_add(&line, "%.140s%s\n", words_of_event(event).text,
              emphasis == COLOURS ? "\033[0m" : "");
    return line;
}

void explain_start(unsigned roles)
{
    wanted = roles;
    emphasis = terminal_emphasis();
    fold_start(line_of);
}
