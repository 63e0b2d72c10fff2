#include "view/trace.h"

#include "view/lanes.h"
#include "view/records.h"
#include "view/words.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t arrows;
static int64_t queue_length;
static int64_t last_time; /* of an event */

/* What is under way in each lane, by its number. */
static struct open_slices {
    struct lane *lane;
    bool was_woken;
    struct event woken; /* its last EXEC_WAKE */
    bool in_turn;
    struct event turn; /* its poll, or wait */
    bool in_call;
    struct event call;
} * open_slices;
static size_t lanes; /* that have their name in the file, and a place in open_slices */

/* ---- records ---- */

/* The beginning of one: {"ph":"X","name":"poll","pid":1,"tid":3,"ts":12.345 */
static void put_event(char phase, const char *name, long lane, int64_t time)
{
    records_next();
    records_add("{\"ph\":\"%c\",\"name\":", phase);
    records_add_string(name);
    records_add(",\"pid\":1,\"tid\":%ld,\"ts\":%" PRId64 ".%03d", lane, time / 1000,
                (int)(time % 1000));
}

static void put_lane_name(long lane, const char *name)
{
    put_event('M', "thread_name", lane, 0);
    records_add(",\"args\":{\"name\":");
    records_add_string(name);
    records_add("}}");
}

/* `says` is shown when the slice is selected. */
static void put_slice(const char *name, const struct lane *lane, int64_t from, int64_t to,
                      const struct event *says)
{
    put_event('X', name, lane->number, from);
    records_add(",\"dur\":%" PRId64 ".%03d,\"args\":{\"event\":", (to - from) / 1000,
                (int)((to - from) % 1000));
    records_add_string(words_of_event(says).text);
    records_add("}}");
}

static void put_instant(const struct event *event, const struct lane *lane)
{
    put_event('i', words_of_event(event).text, lane->number, event->time);
    records_add(",\"s\":\"t\"}");
}

static void put_counter(int64_t time)
{
    put_event('C', "run queue", 0, time);
    records_add(",\"args\":{\"tasks\":%" PRId64 "}}", queue_length);
}

/* From the wake to the poll that it caused. */
static void put_arrow(const struct open_slices *to)
{
    const struct lane *from = lane_of(&to->woken.other);

    if (from == NULL)
        return; /* an unnamed thread */
    arrows++;
    put_event('s', "wake", from->number, to->woken.time);
    records_add(",\"cat\":\"wake\",\"id\":%" PRIu64 "}", arrows);
    put_event('f', "wake", to->lane->number, to->turn.time);
    records_add(",\"cat\":\"wake\",\"id\":%" PRIu64 ",\"bp\":\"e\"}", arrows);
}

/* ---- slices ---- */

static struct open_slices *open_slices_in(const struct lane *lane)
{
    return &open_slices[lane->number - 1];
}

static void add_new_lanes(void)
{
    struct lane *lane = lanes == 0 ? lanes_first() : open_slices[lanes - 1].lane->next;

    for (; lane != NULL; lane = lane->next) {
        if ((lanes & (lanes - 1)) == 0) /* 0, 1, 2, 4, 8, ...: full */
            open_slices =
                reallocate(open_slices, lanes == 0 ? 1 : 2 * lanes, sizeof *open_slices);
        open_slices[lanes++] = (struct open_slices){.lane = lane};
        put_lane_name(lane->number, words_of_actor(&lane->actor).text);
    }
}

/* What it waits for says more than that it is PENDING. */
static const struct event *says(const struct lane *lane, const struct event *end)
{
    if (end->kind != EXEC_DONE && lane->is_waiting)
        return &lane->waits;
    if (end->kind != EXEC_DONE && lane->is_sleeping)
        return &lane->sleeps;
    return end;
}

static void end_turn(struct open_slices *self, const struct event *end)
{
    const char *wait = words_of_wait() == NULL ? "no wait" : words_of_wait();

    if (self->turn.kind == REACTOR_WAIT)
        put_slice(wait, self->lane, self->turn.time, end->time, &self->turn);
    else
        put_slice("poll", self->lane, self->turn.time, end->time, says(self->lane, end));
    self->in_turn = false;
}

static void end_call(struct open_slices *self, const struct event *end)
{
    put_slice(self->call.word, self->lane, self->call.time, end->time, end);
    self->in_call = false;
}

/* Threads may still be in a call, and the program may fail in the middle of a poll. */
static void end_all(void)
{
    for (struct open_slices *self = open_slices; self < open_slices + lanes; self++) {
        struct event end = self->in_call ? self->call : self->turn;
        end.time = last_time;
        if (self->in_call)
            end_call(self, &end);
        if (self->in_turn)
            end_turn(self, &end);
    }
}

/* ---- events ---- */

/* An arrow needs a slice to start in; a task that is done, or a thread, may have none. */
static void wake_outside_of_slices(const struct event *event)
{
    const struct lane *from = lane_of(&event->other);

    if (from == NULL || open_slices_in(from)->in_turn || open_slices_in(from)->in_call)
        return;
    put_slice("wake", from, event->time, event->time, event);
}

static void start_turn(struct open_slices *self, const struct event *event)
{
    self->in_turn = true;
    self->turn = *event;
    if (event->kind == REACTOR_WAIT)
        put_counter(event->time);
    else if (self->was_woken)
        put_arrow(self);
}

static void put(const struct event *event, struct open_slices *self)
{
    switch (event->kind) {
    case EXEC_WAKE:
        self->was_woken = true;
        self->woken = *event;
        wake_outside_of_slices(event);
        break;
    case EXEC_POLL:
    case REACTOR_WAIT:
        start_turn(self, event);
        break;
    case EXEC_PENDING:
    case EXEC_WASTED:
    case EXEC_DONE:
    case REACTOR_WAITED:
    case REACTOR_WASTED:
        end_turn(self, event);
        break;
    case OS_START:
        self->in_call = true;
        self->call = *event;
        break;
    case OS_CALL:
        if (self->in_call)
            end_call(self, event);
        else
            put_instant(event, self->lane); /* it does not block */
        break;
    case EXEC_CANCEL:
    case OS_THREAD:
    case OS_EXIT:
        put_instant(event, self->lane);
        break;
    default:
        break;
    }
}

static void trace_file_event(const struct event *event)
{
    const struct lane *lane = lane_of(&event->actor);

    lane_of(&event->other); /* if it is new, it gets its lane now, too */
    last_time = event->time;
    add_new_lanes();
    if (tells_queue_length(event->kind))
        queue_length = event->number;
    if (event->kind == EXEC_TURN)
        put_counter(event->time);
    else if (lane != NULL)
        put(event, open_slices_in(lane));
    if (event->kind == OS_START || (event->kind == REACTOR_WAIT && event->number != 0))
        records_flush(); /* now it may be a long time until the next event */
}

/* ---- start and end ---- */

bool trace_file_end(void)
{
    trace_end();
    end_all();
    return records_close();
}

/* Also when the run fails: then, too, somebody wants to look at it. */
static void end_at_exit(void)
{
    trace_file_end();
}

void trace_file_start(const struct views *views)
{
    records_open(views->trace_file);
    records_add("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,"
                "\"args\":{\"name\":\"%s\"}}",
                views->name);
    atexit(end_at_exit);
    lanes_start();
    trace_listen((1U << EVENT_KINDS) - 1, trace_file_event);
}
