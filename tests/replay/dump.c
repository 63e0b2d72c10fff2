/* For tests of --replay: before each turn of the executor, what its tables and those of
 * the reactor and the timers really hold, as a line of JSON in the file that REPLAY_DUMP
 * names. Linked to a program, it starts by itself. */
#include "core/core.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static FILE *file;
static long turns;
static bool is_first;

static void begin(const char *name)
{
    fprintf(file, ",\"%s\":[", name);
    is_first = true;
}

static void add_actor(struct actor actor)
{
    if (actor.number == 0)
        fprintf(file, "\"%s\"", actor.kind);
    else
        fprintf(file, "\"%s %ld\"", actor.kind, actor.number);
}

/* "[" and, of a waker that somebody is still behind, its task; returns whether. */
static bool entry(struct waker waker)
{
    if (waker.generation == 0 || name_of(waker).kind == NULL)
        return false;
    fputs(is_first ? "[" : ",[", file);
    is_first = false;
    add_actor(name_of(waker));
    return true;
}

static void add_task(struct waker waker, const struct event *event)
{
    if (event->actor.kind != NULL && entry(waker))
        fprintf(file, ",%s]", event->number != 0 ? "true" : "false");
}

static void add_joiner(struct waker waker, const struct event *event)
{
    if (event->actor.kind != NULL || !entry(waker))
        return;
    fputs(",", file);
    add_actor(event->other);
    fputs("]", file);
}

static void add_watch(struct waker waker, const struct event *event)
{
    if (entry(waker))
        fprintf(file, ",%d,\"%s\"]", event->fd, event->word);
}

static void add_deadline(struct waker waker, const struct event *event)
{
    if (entry(waker))
        fprintf(file, ",%" PRId64 "]", event->number);
}

static void dump(const struct event *event)
{
    fprintf(file, "{\"turn\":%ld,\"time\":%" PRId64, ++turns, event->time);
    begin("tasks");
    tasks_visit(add_task);
    fputs("]", file);
    begin("joiners");
    tasks_visit(add_joiner);
    fputs("]", file);
    begin("watches");
    reactor_visit(add_watch);
    fputs("]", file);
    begin("deadlines");
    timers_visit(add_deadline);
    fputs("]}\n", file);
}

__attribute__((constructor)) static void start(void)
{
    const char *name = getenv("REPLAY_DUMP");

    file = name != NULL ? fopen(name, "w") : NULL;
    if (file != NULL)
        trace_listen(1U << EXEC_TURN, dump);
}
