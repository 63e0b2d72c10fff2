/* The page of --replay, as a file: what common/view/replay.html has, and the run. */
#ifndef VIEW_PAGE_H
#define VIEW_PAGE_H

#include "view/view.h"

/* What is kept of a run. A step is an event, or, an EXEC_WASTED of nobody: `number` polls
 * in vain, one after the other, in `fd` turns more. */
struct recording {
    const struct views *views;
    const struct event *(*step)(size_t number); /* from 0 */
    size_t steps;
    size_t gap;        /* before this step are some that are left out: */
    uint64_t left_out; /* so many */
};

/* Whether the page can be made is tried early. Exits 1 if not. */
void page_try(const char *name);

/* Returns whether all was written; errno says why not. There is never half a page under
 * that name. */
bool page_write(const char *name, const struct recording *recording);

#endif
