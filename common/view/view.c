#include "view/view.h"

#include "view/doctor.h"
#include "view/explain.h"
#include "view/fold.h"
#include "view/replay.h"
#include "view/step.h"
#include "view/terminal.h"
#include "view/timeline.h"
#include "view/trace.h"
#include "view/words.h"

static struct views views;

void views_start(const struct views *wanted)
{
    views = *wanted;
    if (views.step && views.explain == 0)
        views.explain = ALL_ROLES;
    if (views.explain != 0 || views.timeline || views.trace_file || views.replay_file)
        terminal_has_utf8(); /* loads the locale, which a second thread must not do */
    words_start(views.how);
    if (views.explain != 0)
        explain_start(views.explain);
    if (views.step) /* before a file is made: it may end the program */
        step_start(&views);
    if (views.timeline)
        timeline_start(&views);
    if (views.trace_file != NULL)
        trace_file_start(&views);
    doctor_start(&views); /* is told last of those that speak */
    if (views.replay_file != NULL)
        replay_start(&views);
}

bool views_end(void)
{
    bool all_written = true;

    trace_end();
    if (views.explain != 0)
        fold_end();
    if (views.step)
        step_end();
    if (views.timeline)
        all_written = timeline_end();
    if (views.trace_file != NULL)
        all_written = trace_file_end() && all_written;
    if (views.replay_file != NULL)
        all_written = replay_end() && all_written;
    return all_written;
}
