#include "view/room.h"

#include "view/fold.h"
#include "view/terminal.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum {
    OURS = 5,         /* head, run queue, what was left out, who else waits, prompt */
    REACTORS = 5,     /* its wait, and whom it wakes first */
    A_POLL = 10,      /* of a client */
    REST_OF_POLL = 4, /* after its first future was ready */
};

static int left = INT_MAX;   /* rows of this turn; INT_MAX: no end */
static int reserved;         /* of these, for the reactor; then, for those who wait */
static int printed;          /* of these, for what clients print on the same screen */
static struct actor whose;   /* poll this is; no name: nothing is shown yet */
static bool leaves_out;      /* this poll */
static int64_t polls, lines; /* that were left out */
static uint64_t ended;       /* tasks, when the turn began */

static bool has_end(void)
{
    return left != INT_MAX;
}

static uint64_t tasks_ended(void)
{
    return trace_count[EXEC_DONE] + trace_count[EXEC_CANCEL];
}

/* Somebody else acts than did in the line before. The first poll of a turn is always
 * shown, as far as there is room; those after it only whole. */
static void next_actor(int rows)
{
    bool is_first = whose.kind == NULL;

    whose = acting;
    leaves_out = false;
    if (same_actor(&acting, &(struct actor){"reactor", 0})) {
        printed = 0; /* all were polled */
        reserved = left <= REACTORS       ? 0
                   : left <= 2 * REACTORS ? left - REACTORS
                                          : left / 2;
        return;
    }
    int room = left - reserved - printed;
    if (acting.kind != NULL && !is_first && room < A_POLL)
        leaves_out = rows + REST_OF_POLL > room;
    polls += leaves_out;
}

/* Shows what there is room for. */
static void put(const char *text, size_t length)
{
    size_t shown = 0;
    int rows = 0;

    for (size_t i = 0; i < length; i++)
        rows += text[i] == '\n';
    if (has_end() && !same_actor(&acting, &whose))
        next_actor(rows);
    int room = leaves_out ? 0 : left - (has_end() ? reserved + printed : 0);
    for (; shown < length && room > 0; shown++)
        if (text[shown] == '\n') {
            room--;
            rows--;
            left -= has_end();
        }
    lines += rows;
    print_all(STDERR_FILENO, text, shown);
}

void room_takes(int rows)
{
    if (!has_end() || !isatty(STDOUT_FILENO))
        return;
    left -= rows;
    printed = printed > rows ? printed - rows : 0;
}

/* What a client has printed takes a row. */
static void room_event(const struct event *event)
{
    if (event->fd == STDOUT_FILENO && strcmp(event->word, "write") == 0)
        room_takes(1);
}

void room_begins(int64_t queued)
{
    left = terminal_height();
    if (!has_end())
        return;
    left = left > OURS ? left - OURS : 0;
    reserved = left < 2 * REACTORS ? 0 : REACTORS;
    printed = isatty(STDOUT_FILENO) ? left / 2 : 0;
    if (printed > queued)
        printed = (int)queued;
    whose = (struct actor){NULL, 0};
    ended = tasks_ended();
}

int room_ends(void)
{
    struct words line = {.length = 0};

    if (polls > 0)
        words_add(&line, " %" PRId64 " poll%s,", polls, polls == 1 ? "" : "s");
    words_add(&line, " %" PRId64 " line%s", lines, lines == 1 ? "" : "s");
    if (tasks_ended() > ended)
        words_add(&line, "; %" PRIu64 " ended", tasks_ended() - ended);
    if (lines > 0)
        words_print("           ... left out:%s; --explain alone shows all\n", line.text);
    polls = lines = 0;
    return left;
}

void room_has_no_end(void)
{
    left = INT_MAX;
    leaves_out = false;
}

void room_start(void)
{
    fold_put(put);
    trace_listen(1U << OS_CALL, room_event);
}
