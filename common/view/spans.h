/* From when to when each client waited, and was served: what --timeline draws. */
#ifndef VIEW_SPANS_H
#define VIEW_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Listens to the event log. Where we only serve, no client tells us what it sees: a
 * connection is served from its accept to its close. */
void spans_start(bool only_serves);

/* Before the first of those below: puts the clients in the order in which they were
 * served. */
void spans_end(void);

/* A lane of the picture. There are at most 40, so several clients may share one. */
struct span_lane {
    char name[48];  /* "client 3"; of several, their places in that order: "26-50" */
    int64_t from;   /* of the first, in ns since the start; -1: never */
    int64_t served; /* the same */
    int64_t to;     /* of the last; the same */
};
int spans_lanes(void);
struct span_lane spans_lane(int lane);

/* What a lane shows in each of `width` cells, from 0 to spans_total() ns. */
enum cell { NOTHING, WAITS, IS_SERVED };
void spans_cells(int lane, enum cell *cells, int width);

int64_t spans_total(void);

/* How many cells of `width` are before this time. */
int spans_cell_at(int64_t time, int width);

/* For an axis: a tick every so many ns (1, 2 or 5, and zeros), at most `most` of them. */
int64_t spans_tick(int most);

/* "stage1: a lane for each of 10 clients", or how many share one */
void spans_title(char *text, size_t size);

#endif
