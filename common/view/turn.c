#include "view/turn.h"

#include "view/fold.h"
#include "view/lanes.h"
#include "view/room.h"
#include "view/words.h"

#include <inttypes.h>
#include <string.h>

enum { MOST_COLUMNS = 55, MOST_NAMED = 200 }; /* of the run queue */

static uint64_t turns;
static const char *other_side; /* whose clock we cannot stop; NULL: there is none */

/* The next in the run queue after this ticket; NULL: there is none. */
static const struct lane *next_queued(uint64_t ticket)
{
    const struct lane *next = NULL;

    for (const struct lane *lane = lanes_first(); lane != NULL; lane = lane->next)
        if (lane->queued > ticket && (next == NULL || lane->queued < next->queued))
            next = lane;
    return next;
}

/* The last of those that follow in the queue as they are numbered; counts them. */
static const struct lane *last_of_row(const struct lane *lane, int *named)
{
    const struct lane *next;

    for (;; lane = next) {
        (*named)++;
        next = next_queued(lane->queued);
        if (next == NULL || next->actor.number != lane->actor.number + 1 ||
            strcmp(next->actor.kind, lane->actor.kind) != 0 || *named >= MOST_NAMED)
            return lane;
    }
}

/* "run queue: 11 = server, client 1 to 10" */
static void show_queue(int64_t length)
{
    const struct lane *lane = next_queued(0);
    struct words line = {.length = 0};
    int named = 0;

    while (lane != NULL && line.length < MOST_COLUMNS && named < MOST_NAMED) {
        const struct lane *last = last_of_row(lane, &named);
        words_add(&line, "%s%s", line.length == 0 ? " = " : ", ",
                  words_of_actor(&lane->actor).text);
        if (last != lane)
            words_add(&line, " to %ld", last->actor.number);
        lane = next_queued(last->queued);
    }
    if (lane != NULL)
        words_add(&line, ", and %" PRId64 " more", length - named);
    words_print("run queue: %" PRId64 "%s\n", length, line.text);
}

/* For a descriptor and until a deadline, or only one of them. */
static void show_wait(const struct lane *lane, int64_t now)
{
    int64_t deadline = lane->sleeps.time + lane->sleeps.number;
    struct words line = {.length = 0};

    words_add(&line, "  %-13s  %s", words_of_actor(&lane->actor).text,
              lane->is_waiting ? words_of_event(&lane->waits).text : "waits:");
    if (lane->is_sleeping)
        words_add(&line, "%s deadline in %.1f ms", lane->is_waiting ? ", or" : "",
                  (double)(deadline - now) / (double)NS_PER_MS);
    words_print("%s\n", line.text);
}

static bool waits(const struct lane *lane)
{
    return lane->alive && lane->queued == 0;
}

/* It was polled since then. */
static bool has_changed(const struct lane *lane, int64_t since)
{
    return (lane->is_waiting && lane->waits.time > since) ||
           (lane->is_sleeping && lane->sleeps.time > since);
}

/* All, or when there is no room, those whose wait is new. */
static void show_waiting(int64_t now, int64_t since, int room)
{
    int waiting = 0;
    int shown = 0;
    int as_before = 0;

    for (const struct lane *lane = lanes_first(); lane != NULL; lane = lane->next)
        waiting += waits(lane);
    bool all = waiting <= room;
    for (const struct lane *lane = lanes_first(); lane != NULL; lane = lane->next) {
        if (!waits(lane))
            continue;
        if (!all && !has_changed(lane, since))
            as_before++;
        else if (shown < room) {
            show_wait(lane, now);
            shown++;
        }
    }
    if (waiting > shown + as_before)
        words_print("  and %d more, %d of them as before\n", waiting - shown, as_before);
    else if (as_before > 0)
        words_print("  and %d that wait%s as before\n", as_before,
                    as_before == 1 ? "s" : "");
}

void turn_show(const struct event *turn)
{
    static int64_t before; /* when the last turn was shown */

    fold_flush();
    int room = room_ends();
    if (turns++ == 0 && other_side != NULL)
        words_print("---- while you look, our clock stands still; %s runs on ----\n",
                    other_side);
    words_print("---- turn %" PRIu64 ", %.3f s ----\n", turns,
                (double)turn->time / (double)NS_PER_SECOND);
    show_queue(turn->number);
    show_waiting(turn->time, before, room);
    before = turn->time;
}

void turn_start(const struct views *views)
{
    if (views->only_serves || views->only_asks)
        other_side = views->only_serves ? "that of the clients" : "that of the server";
    lanes_start();
}
