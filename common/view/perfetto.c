#include "view/perfetto.h"

#include "app/stage.h"
#include "core/message.h"
#include "view/lanes.h"
#include "view/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *file_name;
static FILE *file;               /* NULL: closed */
static int error;                /* errno of the first write that failed */
static const struct lane *named; /* the last lane that has its name in the file */
static uint64_t arrows;
static int64_t queue_length;
static int64_t last_time; /* of an event */

/* ---- JSON ---- */

static void put_string(const char *text)
{
    putc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', file);
        if ((unsigned char)*text < ' ')
            fprintf(file, "\\u%04x", (unsigned)*text);
        else
            putc(*text, file);
    }
    putc('"', file);
}

/* The beginning of an event: {"ph":"X","name":"poll","pid":1,"tid":3,"ts":12.345 */
static void put_event(char phase, const char *name, long lane, int64_t time)
{
    fprintf(file, ",\n{\"ph\":\"%c\",\"name\":", phase);
    put_string(name);
    fprintf(file, ",\"pid\":1,\"tid\":%ld,\"ts\":%" PRId64 ".%03d", lane, time / 1000,
            (int)(time % 1000));
}

static void put_lane_name(long lane, const char *name)
{
    put_event('M', "thread_name", lane, 0);
    fputs(",\"args\":{\"name\":", file);
    put_string(name);
    fputs("}}", file);
}

/* `says` is shown when the slice is selected. */
static void put_slice(const char *name, const struct lane *lane, int64_t from, int64_t to,
                      const struct event *says)
{
    put_event('X', name, lane->number, from);
    fprintf(file, ",\"dur\":%" PRId64 ".%03d,\"args\":{\"event\":", (to - from) / 1000,
            (int)((to - from) % 1000));
    put_string(words_of_event(says).text);
    fputs("}}", file);
}

static void put_instant(const struct event *event, const struct lane *lane)
{
    put_event('i', words_of_event(event).text, lane->number, event->time);
    fputs(",\"s\":\"t\"}", file);
}

static void put_counter(int64_t time)
{
    put_event('C', "run queue", 0, time);
    fprintf(file, ",\"args\":{\"tasks\":%" PRId64 "}}", queue_length);
}

/* From the wake to the poll that it caused. */
static void put_arrow(const struct lane *to)
{
    const struct lane *from = lane_of(&to->woken.other);

    if (from == NULL)
        return; /* an unnamed thread */
    arrows++;
    put_event('s', "wake", from->number, to->woken.time);
    fprintf(file, ",\"cat\":\"wake\",\"id\":%" PRIu64 "}", arrows);
    put_event('f', "wake", to->number, to->began.time);
    fprintf(file, ",\"cat\":\"wake\",\"id\":%" PRIu64 ",\"bp\":\"e\"}", arrows);
}

/* ---- events ---- */

static void name_new_lanes(void)
{
    const struct lane *lane = named == NULL ? lanes_first() : named->next;

    for (; lane != NULL; lane = lane->next) {
        put_lane_name(lane->number, words_of_actor(&lane->actor).text);
        named = lane;
    }
}

/* An arrow needs a slice to start in; a task that is done, or a thread, may have none. */
static void wake_outside_of_slices(const struct event *event)
{
    const struct lane *from = lane_of(&event->other);

    if (from != NULL && from->began.time < 0 && from->called.time < 0)
        put_slice("wake", from, event->time, event->time, event);
}

/* What it waits for says more than that it is PENDING. */
static void end_poll(struct lane *lane, const struct event *end)
{
    const struct event *says = end;

    if (end->kind != EXEC_DONE && lane->is_waiting)
        says = &lane->waits;
    else if (end->kind != EXEC_DONE && lane->is_sleeping)
        says = &lane->sleeps;
    put_slice("poll", lane, lane->began.time, end->time, says);
    lane->began.time = -1;
}

static void end_wait(struct lane *lane, const struct event *end)
{
    put_slice(stage.wait == NULL ? "no wait" : stage.wait, lane, lane->began.time,
              end->time, &lane->began);
    lane->began.time = -1;
}

static void end_call(struct lane *lane, const struct event *end)
{
    put_slice(lane->called.word, lane, lane->called.time, end->time, end);
    lane->called.time = -1;
}

/* Threads may still be in a call, and the program may fail in the middle of a poll. */
static void end_all(void)
{
    for (struct lane *lane = lanes_first(); lane != NULL; lane = lane->next) {
        if (lane->called.time >= 0) {
            struct event end = lane->called;
            end.time = last_time;
            end_call(lane, &end);
        }
        if (lane->began.time >= 0) {
            struct event end = lane->began;
            end.time = last_time;
            end.kind == EXEC_POLL ? end_poll(lane, &end) : end_wait(lane, &end);
        }
    }
}

static void put(const struct event *event, struct lane *lane)
{
    switch (event->kind) {
    case EXEC_WAKE:
        wake_outside_of_slices(event);
        break;
    case EXEC_POLL:
        if (lane->woken.kind == EXEC_WAKE)
            put_arrow(lane);
        break;
    case EXEC_PENDING:
    case EXEC_WASTED:
    case EXEC_DONE:
        end_poll(lane, event);
        break;
    case REACTOR_WAIT:
        put_counter(event->time);
        break;
    case REACTOR_WAITED:
        end_wait(lane, event);
        break;
    case OS_CALL:
        if (lane->called.time >= 0)
            end_call(lane, event);
        else
            put_instant(event, lane); /* it does not block */
        break;
    case EXEC_CANCEL:
    case OS_THREAD:
    case OS_EXIT:
        put_instant(event, lane);
        break;
    default:
        break;
    }
}

static void perfetto_event(const struct event *event)
{
    struct lane *lane = lane_of(&event->actor);

    last_time = event->time;
    name_new_lanes();
    if (event->kind <= EXEC_POLL)
        queue_length = event->number;
    if (event->kind == EXEC_TURN)
        put_counter(event->time);
    else if (lane != NULL)
        put(event, lane);
    if (ferror(file) && error == 0)
        error = errno;
}

/* ---- the file ---- */

/* Also when the run fails: then, too, somebody wants to look at it. */
static void close_file(void)
{
    if (file == NULL)
        return;
    trace_end();
    end_all();
    fputs("\n]}\n", file);
    if (fclose(file) != 0 && error == 0)
        error = errno;
    file = NULL;
}

void perfetto_start(const char *name)
{
    file_name = name;
    file = fopen(name, "w");
    if (file == NULL)
        fail("cannot make %s: %s; give --trace a file that can be written", name,
             strerror(errno));
    setvbuf(file, NULL, _IOFBF, 65536);
    fputs("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[", file);
    fprintf(file,
            "\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,"
            "\"args\":{\"name\":\"%s\"}}",
            stage.name);
    atexit(close_file);
    lanes_start();
    trace_listen(perfetto_event);
}

bool perfetto_end(void)
{
    close_file();
    if (error != 0)
        message("cannot write %s: %s; is the disk full?", file_name, strerror(error));
    return error == 0;
}
