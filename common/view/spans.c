#include "view/spans.h"

#include "app/stage.h"
#include "core/message.h"
#include "core/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LANES = 40 };

/* A client, or, where we only serve, a connection. Times in ns, -1: not yet. */
struct span {
    long number;
    int64_t from;   /* it is spawned, its thread starts, or it is accepted */
    int64_t served; /* its first byte comes, or it is accepted */
    int64_t to;     /* its end */
};
static struct span *spans; /* in order of their numbers */
static long length;
static long capacity;

static long *span_of_fd; /* only where we serve: the connection's number, 0: none */
static long fds;

static bool serves;
static int64_t total;

/* ---- what the events say ---- */

static struct span *span_of(long number)
{
    if (number > capacity) {
        long larger = 2 * number + 64;
        spans = reallocate(spans, (size_t)larger, sizeof *spans);
        for (; capacity < larger; capacity++)
            spans[capacity] = (struct span){capacity + 1, -1, -1, -1};
    }
    if (number > length)
        length = number;
    return &spans[number - 1];
}

static long *connection_of(int64_t fd)
{
    if (fd >= fds) {
        long larger = 2 * (long)fd + 64;
        span_of_fd = reallocate(span_of_fd, (size_t)larger, sizeof *span_of_fd);
        for (; fds < larger; fds++)
            span_of_fd[fds] = 0;
    }
    return &span_of_fd[fd];
}

static void note_connection(const struct event *event)
{
    if (strcmp(event->word, "accept") == 0 && event->number >= 0) {
        *connection_of(event->number) = length + 1;
        struct span *span = span_of(length + 1);
        span->from = span->served = event->time;
    }
    if (strcmp(event->word, "close") == 0 && *connection_of(event->fd) > 0) {
        span_of(*connection_of(event->fd))->to = event->time;
        *connection_of(event->fd) = 0;
    }
}

static void note_client(const struct event *event)
{
    struct span *span = span_of(event->actor.number);

    if (span->from < 0)
        span->from = event->time;
    if (event->kind != OS_CALL)
        return;
    if (span->served < 0 && event->number > 0 && strcmp(event->word, "read") == 0)
        span->served = event->time;
    if (strcmp(event->word, "close") == 0)
        span->to = event->time;
}

static void spans_event(const struct event *event)
{
    const char *kind = event->actor.kind;

    total = event->time;
    if (serves && event->kind == OS_CALL)
        note_connection(event);
    if (!serves && kind != NULL && strcmp(kind, "client") == 0 && event->actor.number > 0)
        note_client(event);
}

/* ---- lanes ---- */

/* So many spans share a lane. */
static long group(void)
{
    return (length + MOST_LANES - 1) / MOST_LANES;
}

/* Who was never served comes last. */
static int served_earlier(const void *a, const void *b)
{
    const struct span *one = a;
    const struct span *other = b;

    if (one->served == other->served)
        return one->number < other->number ? -1 : 1;
    if (one->served < 0 || other->served < 0)
        return one->served < 0 ? 1 : -1;
    return one->served < other->served ? -1 : 1;
}

void spans_end(void)
{
    if (length > 0)
        qsort(spans, (size_t)length, sizeof *spans, served_earlier);
}

int spans_lanes(void)
{
    return length == 0 ? 0 : (int)((length + group() - 1) / group());
}

int64_t spans_total(void)
{
    return total > 0 ? total : 1;
}

static long first_of(int lane)
{
    return lane * group();
}

static long end_of(int lane)
{
    return first_of(lane + 1) < length ? first_of(lane + 1) : length;
}

static void name_lane(struct span_lane *result, int lane)
{
    const char *what = serves ? "connection" : "client";
    long first = first_of(lane) + 1;

    if (group() == 1)
        snprintf(result->name, sizeof result->name, "%s %ld", what,
                 spans[first - 1].number);
    else if (first == end_of(lane))
        snprintf(result->name, sizeof result->name, "%ld", first);
    else
        snprintf(result->name, sizeof result->name, "%ld-%ld", first, end_of(lane));
}

struct span_lane spans_lane(int lane)
{
    struct span_lane result = {
        .from = -1, .served = spans[first_of(lane)].served, .to = -1};

    name_lane(&result, lane);
    for (long i = first_of(lane); i < end_of(lane); i++) {
        if (spans[i].from >= 0 && (result.from < 0 || spans[i].from < result.from))
            result.from = spans[i].from;
        if (spans[i].to > result.to)
            result.to = spans[i].to;
    }
    return result;
}

int spans_cell_at(int64_t time, int width)
{
    return (int)((double)time / (double)spans_total() * width + 0.5);
}

/* Being served outshines waiting. */
static void fill(enum cell *cells, int from, int to, enum cell with)
{
    for (int i = from; i < to; i++)
        if (cells[i] < with)
            cells[i] = with;
}

static void fill_span(enum cell *cells, int width, const struct span *span)
{
    if (span->from < 0)
        return;
    int from = spans_cell_at(span->from, width);
    int to = span->to < 0 ? width : spans_cell_at(span->to, width);
    int served = span->served < 0 ? to : spans_cell_at(span->served, width);

    fill(cells, from, served, WAITS);
    if (span->served < 0)
        return;
    if (to == served) /* short as it was, it shows */
        to++;
    if (to > width) {
        to = width;
        served = served < width ? served : width - 1;
    }
    fill(cells, served, to, IS_SERVED);
}

void spans_cells(int lane, enum cell *cells, int width)
{
    for (int i = 0; i < width; i++)
        cells[i] = NOTHING;
    for (long i = first_of(lane); i < end_of(lane); i++)
        fill_span(cells, width, &spans[i]);
}

int64_t spans_tick(int most)
{
    static const int steps[] = {1, 2, 5};

    for (int64_t unit = 1000;; unit *= 10) /* from 1 us */
        for (int i = 0; i < 3; i++)
            if (spans_total() / (steps[i] * unit) < most)
                return steps[i] * unit;
}

void spans_title(char *text, size_t size)
{
    const char *what = serves ? "connection" : "client";

    if (group() > 1)
        snprintf(text, size, "%s: %ld %ss in the order served, %ld share a lane",
                 stage.name, length, what, group());
    else
        snprintf(text, size, "%s: a lane for each of %ld %s%s", stage.name, length, what,
                 length == 1 ? "" : "s");
}

void spans_start(bool only_serves)
{
    serves = only_serves;
    trace_listen(spans_event);
}
