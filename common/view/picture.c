#include "view/picture.h"

#include "view/spans.h"

#include <stdio.h>

enum { MOST_LANES = 40 };

static const struct span *spans; /* in the order in which they were served */
static long length;

static const char *stage; /* its name */
static bool serves;

/* So many spans share a lane. */
static long group(void)
{
    return (length + MOST_LANES - 1) / MOST_LANES;
}

int picture_lanes(void)
{
    return length == 0 ? 0 : (int)((length + group() - 1) / group());
}

static long first_of(int lane)
{
    return lane * group();
}

static long end_of(int lane)
{
    return first_of(lane + 1) < length ? first_of(lane + 1) : length;
}

static void name_lane(struct picture_lane *result, int lane)
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

struct picture_lane picture_lane(int lane)
{
    struct picture_lane result = {
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

int picture_cell_at(int64_t time, int width)
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
    int from = picture_cell_at(span->from, width);
    int to = span->to < 0 ? width : picture_cell_at(span->to, width);
    int served = span->served < 0 ? to : picture_cell_at(span->served, width);

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

void picture_cells(int lane, enum cell *cells, int width)
{
    for (int i = 0; i < width; i++)
        cells[i] = NOTHING;
    for (long i = first_of(lane); i < end_of(lane); i++)
        fill_span(cells, width, &spans[i]);
}

int64_t picture_tick(int most)
{
    static const int steps[] = {1, 2, 5};

    for (int64_t unit = 1000;; unit *= 10) /* from 1 us */
        for (int i = 0; i < 3; i++)
            if (spans_total() / (steps[i] * unit) < most)
                return steps[i] * unit;
}

void picture_title(char *text, size_t size)
{
    const char *what = serves ? "connection" : "client";

    if (group() > 1)
        snprintf(text, size, "%s: %ld %ss in the order served, %ld share a lane", stage,
                 length, what, group());
    else
        snprintf(text, size, "%s: a lane for each of %ld %s%s", stage, length, what,
                 length == 1 ? "" : "s");
}

void picture_start(const struct views *views)
{
    stage = views->name;
    serves = views->only_serves;
    spans_start(serves);
}

void picture_end(void)
{
    length = spans_in_order(&spans);
}
