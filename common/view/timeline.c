#include "view/timeline.h"

#include "view/picture.h"
#include "view/spans.h"
#include "view/svg.h"
#include "view/terminal.h"
#include "view/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *file_name;

/* ---- as text ---- */

enum {
    WIDEST = 400, /* cells */
    MARGIN = 5,   /* beside them: half of the last time sticks out */
    LINE = 48 + 3 * WIDEST + 48
};

static int widest_name(void)
{
    size_t widest = 0;

    for (int i = 0; i < picture_lanes(); i++) {
        struct picture_lane lane = picture_lane(i);
        if (strlen(lane.name) > widest)
            widest = strlen(lane.name);
    }
    return (int)widest;
}

static const char *shape(enum cell cell)
{
    static const char *const ascii[] = {" ", ".", "#"};
    static const char *const blocks[] = {" ", "░", "█"};

    return (terminal_has_utf8() ? blocks : ascii)[cell];
}

static void draw_lane(int number, int name_width, int width)
{
    struct picture_lane lane = picture_lane(number);
    enum cell cells[WIDEST];
    char line[LINE];
    int used = snprintf(line, sizeof line, "%-*s ", name_width, lane.name);

    picture_cells(number, cells, width);
    while (width > 0 && cells[width - 1] == NOTHING)
        width--;
    for (int i = 0; i < width; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, "%s", shape(cells[i]));
    line[used++] = '\n';
    print_all(STDERR_FILENO, line, (size_t)used);
}

/* Copies a word into a line of spaces. */
static void put_at(char *line, int place, const char *word)
{
    while (*word != '\0')
        line[place++] = *word++;
}

/* The axis: a mark for each tick, and below it its time, as far as it fits. */
static void draw_axis(int name_width, int width)
{
    int64_t tick = picture_tick(width / 9);
    char marks[LINE];
    char times[LINE];
    int marks_end = 0;
    int times_end = 0;

    memset(marks, ' ', sizeof marks);
    memset(times, ' ', sizeof times);
    for (int64_t time = 0; time <= spans_total(); time += tick) {
        int place = name_width + 1 + picture_cell_at(time, width);
        char label[24];
        int length =
            snprintf(label, sizeof label, "%g s", (double)time / (double)NS_PER_SECOND);
        put_at(marks, place, "|");
        marks_end = place + 1;
        if (place + length > name_width + 1 + width + MARGIN)
            break;
        put_at(times, place, label);
        times_end = place + length;
    }
    marks[marks_end++] = '\n';
    times[times_end++] = '\n';
    print_all(STDERR_FILENO, marks, (size_t)marks_end);
    print_all(STDERR_FILENO, times, (size_t)times_end);
}

static void draw_text(void)
{
    int name_width = widest_name();
    int width = terminal_width() - name_width - 1 - MARGIN;
    char title[128];

    if (width < 10)
        width = 10;
    if (width > WIDEST)
        width = WIDEST;
    picture_title(title, sizeof title);
    words_print("%s\n%s waits to be accepted  %s is served\n", title, shape(WAITS),
                shape(IS_SERVED));
    for (int lane = 0; lane < picture_lanes(); lane++)
        draw_lane(lane, name_width, width);
    draw_axis(name_width, width);
}

/* ---- start and end ---- */

void timeline_start(const struct views *views)
{
    file_name = views->timeline_file;
    if (file_name != NULL)
        svg_try(file_name);
    picture_start(views);
}

bool timeline_end(void)
{
    picture_end();
    if (file_name != NULL)
        return svg_write(file_name);
    draw_text();
    return true;
}
