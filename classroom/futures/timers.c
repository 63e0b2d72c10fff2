/* Who is the next whose time has come? A heap knows: each parent is earlier than both of
 * its children, so the earliest is on top, and to insert or remove one of n takes log2(n)
 * steps. This draws that of common/core/timer.c. (WAKE_TIMES, BinaryHeap) */
#include "core/core.h"
#include "lesson.h"

#include <stdio.h>

enum { SLEEPERS = 7, ROWS = 3, WIDTH = 40 };

/* Sleeper 1 sleeps for 7 units of time, sleeper 2 for 3, and so on. */
static const int durations[SLEEPERS] = {7, 3, 5, 1, 6, 2, 4};

/* ---- what is in the heap, from its top on, row by row ---- */

static int heap[SLEEPERS];
static int length;

static void look(struct waker waker, const struct event *event)
{
    (void)event;
    heap[length++] = durations[name_of(waker).number - 1];
}

static void draw_line(const char *what, const struct actor *who)
{
    char line[80] = " nothing";
    size_t used = 0;

    length = 0;
    timers_visit(look);
    for (int i = 0; i < length; i++) /* | before 1, 3, 7: here a row begins */
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%d",
                                 (i & (i + 1)) == 0 && i > 0 ? " | " : " ", heap[i]);
    say("%d %-9s %s", durations[who->number - 1], what, line);
}

/* The middle of place i: each row has twice as many places as the one above. */
static int column(int row, int i)
{
    return (2 * i + 1) * WIDTH >> (row + 1);
}

static void draw_tree(void)
{
    for (int row = 0; row < ROWS; row++) {
        char numbers[WIDTH] = "", edges[WIDTH] = "";
        int ends = 0, over = 0; /* so long they are */
        for (int place = (1 << row) - 1, i = 0; i < 1 << row; i++, place++) {
            int middle = (column(row, i) + column(row - 1, i / 2)) / 2;
            if (place >= length)
                break;
            ends += snprintf(numbers + ends, sizeof numbers - (size_t)ends, "%*d",
                             column(row, i) - ends, heap[place]);
            over += snprintf(edges + over, sizeof edges - (size_t)over, "%*c",
                             middle - over, "/\\"[i % 2]);
        }
        if (row > 0)
            say_untimed("            %s", edges);
        say_untimed("            %s", numbers);
    }
}

static void show(const struct event *event)
{
    static int changes;
    bool sets = event->kind == REACTOR_TIMER;

    draw_line(sets ? "set" : "has come", &event->other);
    if (++changes == SLEEPERS || changes == SLEEPERS + 1)
        draw_tree(); /* all are in it; and the first one has left it */
}

int main(int argc, char **argv)
{
    struct future *all[SLEEPERS];

    lesson_start("timers", "[SECONDS]", &argc, argv);
    int64_t unit = lesson_seconds(argc, argv, 0.7) / SLEEPERS;
    trace_listen(1U << REACTOR_TIMER | 1U << REACTOR_TIME, show);
    for (int i = 0; i < SLEEPERS; i++) {
        struct sleep_for *sleep = allocate(1, sizeof *sleep);
        *sleep = sleep_for(durations[i] * unit);
        all[i] = &sleep->future;
    }
    struct join_all join = join_all(all, SLEEPERS);
    block_on(&join.future);
    return 0;
}
