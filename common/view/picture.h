/* What --timeline draws, as text or SVG: a lane for each client, or for some that share
 * one, for there are at most 40; and an axis. */
#ifndef VIEW_PICTURE_H
#define VIEW_PICTURE_H

#include "view/view.h"

/* Begins to collect what is drawn. */
void picture_start(const struct views *views);

/* Before the first of those below. */
void picture_end(void);

struct picture_lane {
    char name[48];  /* "client 3"; of several, their places in that order: "26-50" */
    int64_t from;   /* of the first, in ns since the start; -1: never */
    int64_t served; /* the same */
    int64_t to;     /* of the last; the same */
};
int picture_lanes(void);
struct picture_lane picture_lane(int lane);

/* What a lane shows in each of `width` cells, from 0 to spans_total() ns. */
enum cell { NOTHING, WAITS, IS_SERVED };
void picture_cells(int lane, enum cell *cells, int width);

/* How many cells of `width` are before this time. */
int picture_cell_at(int64_t time, int width);

/* For an axis: a tick every so many ns (1, 2 or 5, and zeros), at most `most` of them. */
int64_t picture_tick(int most);

/* "stage1: a lane for each of 10 clients", or how many share one */
void picture_title(char *text, size_t size);

#endif
