#include "view/dump.h"

#include "view/text.h"

#include <stdlib.h>
#include <unistd.h>

enum { MOST_LINES = 40 };

/* For each place that a task may have: */
struct entry {
    struct waker task;    /* nobody: none is there */
    struct event said;    /* last */
    struct words keepers; /* of its waker */
};
static struct entry *entries;
static size_t places;
static long tasks;
static long queued; /* so many of them */

/* ---- the tables ---- */

static void note_task(struct waker task, const struct event *said)
{
    if (said->actor.kind == NULL)
        return; /* a joiner */
    if (task.place >= places) {
        size_t larger = 2 * (size_t)task.place + 64;
        entries = reallocate(entries, larger, sizeof *entries);
        for (; places < larger; places++)
            entries[places] = (struct entry){.task = {0, 0}};
    }
    entries[task.place] = (struct entry){.task = task, .said = *said};
    tasks++;
    queued += said->number != 0;
}

static void add_keeper(struct words *keepers, const struct event *event)
{
    if (keepers->length > 0)
        words_add(keepers, ", ");
    if (event->kind == REACTOR_WATCH)
        words_add(keepers, "fd %d %s", event->fd, event->word);
    else if (event->kind == REACTOR_TIMER)
        words_add(keepers, "a deadline in %.3f s",
                  (double)event->number / (double)NS_PER_SECOND);
    else
        words_add(keepers, "the end of %s", words_of_actor(&event->other).text);
}

static void note_keeper(struct waker waker, const struct event *event)
{
    if (event->actor.kind != NULL || waker.generation == 0 || waker.place >= places)
        return; /* a task, or nobody */
    struct entry *entry = &entries[waker.place];
    if (entry->task.generation == waker.generation) /* else that task is gone */
        add_keeper(&entry->keepers, event);
}

static void read_tables(const struct tables *tables)
{
    tasks = 0;
    queued = 0;
    tables->visit_tasks(note_task);
    tables->visit_tasks(note_keeper);
    tables->visit_reactor(note_keeper);
    tables->visit_timers(note_keeper);
}

/* ---- a line for each ---- */

/* Whom a future asks for something else, such as a channel, we do not know. */
static bool is_odd(const struct entry *entry)
{
    return entry->said.number == 0 && entry->keepers.length == 0 &&
           entry->said.kind != FUTURE_ASKS && !same_actor(&entry->said.actor, &acting);
}

static struct words said_in_words(const struct event *said)
{
    struct words words = {.length = 0};

    switch (said->kind) {
    case FUTURE_WAITS:
        words_add(&words, "waits for fd %d %s", said->fd, said->word);
        break;
    case FUTURE_ASKS:
        words_add(&words, "waits for %s", said->word);
        break;
    case FUTURE_SLEEPS:
        words_add(&words, "waits for a deadline");
        break;
    default:
        words_add(&words, said->kind == FUTURE_JOINS ? "waits for the end of another task"
                                                     : "has not said what it waits for");
    }
    return words;
}

static void print_entry(const struct entry *entry)
{
    bool is_queued = entry->said.number != 0;
    struct words who = {.length = 0};

    if (is_queued)
        words_add(&who, "it is in the run queue");
    else if (entry->keepers.length > 0)
        words_add(&who, "who has its waker: %s", entry->keepers.text);
    else
        words_add(&who, is_odd(entry) ? "nobody has its waker, so it will never run again"
                                      : "whom it asked has its waker");
    message("%s: %s; %s", words_of_actor(&entry->said.actor).text,
            said_in_words(&entry->said).text, who.text);
}

static void print_entries(bool only_odd)
{
    long left_out = 0;
    long lines = 0;

    for (struct entry *entry = entries; entry < entries + places; entry++) {
        if (entry->task.generation == 0 || (only_odd && !is_odd(entry)))
            continue;
        if (only_odd && lines == 0)
            message("lost: nobody has the wakers of these tasks:");
        if (lines >= (is_odd(entry) ? 2 * MOST_LINES : MOST_LINES)) {
            left_out++;
            continue;
        }
        print_entry(entry);
        lines++;
    }
    if (left_out > 0)
        message("and %ld more", left_out);
    free(entries);
    entries = NULL;
    places = 0;
}

void dump_tasks(const struct tables *tables)
{
    read_tables(tables);
    message("%ld task%s, %ld in the run queue:", tasks, tasks == 1 ? "" : "s", queued);
    print_entries(false);
}

void dump_odd_tasks(const struct tables *tables)
{
    read_tables(tables);
    print_entries(true);
}

/* ---- a call, from a signal handler ---- */

struct line {
    char text[200];
    size_t length;
};

static void add(struct line *line, const char *text)
{
    while (*text != '\0' && line->length < sizeof line->text)
        line->text[line->length++] = *text++;
}

/* Of 0 nothing. */
static void add_number(struct line *line, const char *before, long number)
{
    char digits[24] = "";
    size_t first = sizeof digits - 1;

    for (long rest = number; rest > 0; rest /= 10)
        digits[--first] = (char)('0' + rest % 10);
    add(line, number > 0 ? before : "");
    add(line, digits + first);
}

void dump_call(const struct call *call, const char *kind, long number)
{
    struct line line = {.length = 0};
    const char *name = call->name;

    add(&line, program_name);
    add(&line, ": ");
    add(&line, kind);
    add_number(&line, " ", number);
    add(&line, name != NULL ? " is in " : " runs");
    add(&line, name != NULL ? name : "");
    add_number(&line, ", fd ", name != NULL ? call->fd : 0);
    add(&line, "\n");
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        return; /* whom should we tell? */
}
