#include "view/explain.h"

#include "view/fold.h"
#include "view/terminal.h"
#include "view/words.h"

static unsigned wanted; /* roles */
static bool has_colour;

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

static struct words line_of(const struct event *event)
{
    static const char *const colours[] = {"\033[33m", "\033[36m", "\033[35m", "\033[32m"};
    static const struct actor reactor = {"reactor", 0};
    bool is_reactor = same_actor(&event->actor, &reactor); /* its role says so */
    enum role role = role_of(event->kind);
    int us = (int)(event->time / 1000 % 1000000);
    struct words line = {.length = 0};

    if (!is_shown(event))
        return line;
    words_add(&line, "%2d.%03d %03d  ", (int)(event->time / NS_PER_SECOND), us / 1000,
              us % 1000);
    words_add(&line, "%s%-7s  %-13s  ", has_colour ? colours[role] : "", role_name(role),
              is_reactor ? "" : words_of_actor(&event->actor).text);
    /* cut here, so that the end of the colour and of the line fit */
    words_add(&line, "%.140s%s\n", words_of_event(event).text,
              has_colour ? "\033[0m" : "");
    return line;
}

void explain_start(unsigned roles)
{
    wanted = roles;
    has_colour = terminal_has_colour();
    fold_start(line_of);
}
