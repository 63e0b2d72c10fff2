#include "view/lanes.h"

#include "view/text.h"

#include <string.h>

/* For each kind of actor, its lanes by number. */
enum { KINDS = 32 };
static struct {
    const char *kind;
    struct lane **lanes;
    size_t length;
} kinds[KINDS];
static int kinds_length;

static struct lane *first;
static struct lane *last;
static uint64_t queue_tickets;

static int kind_of(const struct actor *actor)
{
    for (int i = 0; i < kinds_length; i++)
        if (kinds[i].kind == actor->kind || strcmp(kinds[i].kind, actor->kind) == 0)
            return i;
    if (kinds_length == KINDS)
        fail("there are more than %d kinds of tasks; raise KINDS in lanes.c", KINDS);
    kinds[kinds_length].kind = actor->kind;
    return kinds_length++;
}

static struct lane *lane_new(const struct actor *actor)
{
    struct lane *lane = allocate(1, sizeof *lane);

    lane->actor = *actor;
    lane->number = last == NULL ? 1 : last->number + 1;
    if (last == NULL)
        first = lane;
    else
        last->next = lane;
    last = lane;
    return lane;
}

struct lane *lane_of(const struct actor *actor)
{
    if (actor->kind == NULL)
        return NULL;
    int kind = kind_of(actor);
    size_t number = (size_t)actor->number;
    size_t length = kinds[kind].length;
    if (number >= length) {
        kinds[kind].length = 2 * number + 16;
        kinds[kind].lanes =
            reallocate(kinds[kind].lanes, kinds[kind].length, sizeof *kinds[kind].lanes);
        for (size_t i = length; i < kinds[kind].length; i++)
            kinds[kind].lanes[i] = NULL;
    }
    if (kinds[kind].lanes[number] == NULL)
        kinds[kind].lanes[number] = lane_new(actor);
    return kinds[kind].lanes[number];
}

struct lane *lanes_first(void)
{
    return first;
}

/* An event of the role EXEC. */
static void note_task(struct lane *lane, const struct event *event)
{
    switch (event->kind) {
    case EXEC_WAKE:
    case EXEC_SPAWN:
        lane->alive = true;
        lane->queued = ++queue_tickets;
        break;
    case EXEC_POLL:
        lane->queued = 0;
        lane->is_waiting = false;
        lane->is_sleeping = false;
        break;
    case EXEC_DONE:
    case EXEC_CANCEL:
        lane->alive = false;
        lane->queued = 0;
        break;
    default:
        break;
    }
}

static void lanes_event(const struct event *event)
{
    struct lane *lane = lane_of(&event->actor);

    if (lane == NULL)
        return;
    switch (event->kind) {
    case FUTURE_WAITS:
    case FUTURE_JOINS:
    case FUTURE_ASKS:
        lane->is_waiting = true;
        lane->waits = *event;
        break;
    case FUTURE_SLEEPS:
        lane->is_sleeping = true;
        lane->sleeps = *event;
        break;
    default:
        note_task(lane, event);
    }
}

void lanes_start(void)
{
    static bool started;

    if (!started)
        trace_listen((1U << REACTOR_WATCH) - 1, lanes_event); /* EXEC and FUTURE */
    started = true;
}
