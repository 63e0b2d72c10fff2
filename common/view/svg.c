#include "view/svg.h"

#include "view/picture.h"
#include "view/spans.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    LEFT = 130,  /* the names */
    WIDTH = 600, /* the lanes */
    RIGHT = 30,
    TOP = 50, /* the title and what the colours mean */
    LANE = 16,
    BAR = 12,
    AXIS = 30,
};

static const char *const classes[] = {"", "waits", "served"};

static double in_seconds(int64_t ns)
{
    return (double)ns / (double)NS_PER_SECOND;
}

static void draw_head(FILE *file, int height)
{
    char title[128];

    picture_title(title, sizeof title);
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
            " width=\"%d\" height=\"%d\" role=\"img\">\n<title>%s</title>\n",
            LEFT + WIDTH + RIGHT, height, LEFT + WIDTH + RIGHT, height, title);
    fputs("<style>\n"
          "text { font: 12px system-ui, sans-serif; fill: #1f2328 }\n"
          ".waits { fill: #bf8700 }\n"
          ".served { fill: #218bff }\n"
          ".axis { stroke: #7d8590; stroke-width: 0.5 }\n"
          "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }\n"
          "</style>\n",
          file);
    fprintf(file, "<text x=\"%d\" y=\"18\">%s</text>\n", LEFT, title);
    fprintf(file,
            "<rect class=\"waits\" x=\"%d\" y=\"28\" width=\"%d\" height=\"%d\"/>"
            "<text x=\"%d\" y=\"38\">waits to be accepted</text>\n",
            LEFT, BAR, BAR, LEFT + 18);
    fprintf(file,
            "<rect class=\"served\" x=\"%d\" y=\"28\" width=\"%d\" height=\"%d\"/>"
            "<text x=\"%d\" y=\"38\">is served</text>\n",
            LEFT + 160, BAR, BAR, LEFT + 178);
}

/* A rectangle for each run of equal cells. */
static void draw_bars(FILE *file, int lane, int y)
{
    enum cell cells[WIDTH];
    int start = 0;

    picture_cells(lane, cells, WIDTH);
    for (int i = 1; i <= WIDTH; i++) {
        if (i < WIDTH && cells[i] == cells[start])
            continue;
        if (cells[start] != NOTHING)
            fprintf(file,
                    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>",
                    classes[cells[start]], LEFT + start, y, i - start, BAR);
        start = i;
    }
}

/* ", served from 1.000000 s" */
static void draw_time(FILE *file, const char *what, int64_t time)
{
    if (time < 0)
        fprintf(file, "%s never", what);
    else
        fprintf(file, "%s %.6f s", what, in_seconds(time));
}

static void draw_lane(FILE *file, int number)
{
    struct picture_lane lane = picture_lane(number);
    int y = TOP + number * LANE;

    fprintf(file, "<g class=\"lane\"><title>%s:", lane.name);
    draw_time(file, " from", lane.from);
    draw_time(file, ", served from", lane.served);
    draw_time(file, " to", lane.to);
    fprintf(file, "</title><text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
            LEFT - 8, y + BAR - 2, lane.name);
    draw_bars(file, number, y);
    fputs("</g>\n", file);
}

static void draw_axis(FILE *file, int y)
{
    int64_t tick = picture_tick(11);

    fprintf(file, "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
            LEFT, y, LEFT + WIDTH, y);
    for (int64_t time = 0; time <= spans_total(); time += tick) {
        int x = LEFT + picture_cell_at(time, WIDTH);
        fprintf(file,
                "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%g s</text>\n",
                x, TOP - 4, x, y + 4, x, y + 18, in_seconds(time));
    }
}

static void draw(FILE *file)
{
    int bottom = TOP + picture_lanes() * LANE + 4;

    draw_head(file, bottom + AXIS);
    draw_axis(file, bottom);
    for (int lane = 0; lane < picture_lanes(); lane++)
        draw_lane(file, lane);
    fputs("</svg>\n", file);
}

void svg_try(const char *name)
{
    FILE *file = fopen(name, "a");

    if (file == NULL || fclose(file) != 0)
        fail("cannot make %s: %s; give --timeline a file that can be written", name,
             strerror(errno));
}

bool svg_write(const char *name)
{
    FILE *file = fopen(name, "w");
    bool failed = file == NULL;

    if (!failed) {
        draw(file);
        failed = ferror(file) != 0;
        failed = fclose(file) != 0 || failed;
    }
    if (failed)
        message("cannot write %s: %s; is the disk full?", name, strerror(errno));
    return !failed;
}
