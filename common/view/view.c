#include "view/view.h"

#include "core/system.h"
#include "core/trace.h"
#include "view/explain.h"
#include "view/perfetto.h"
#include "view/report.h"
#include "view/step.h"
#include "view/timeline.h"

static int64_t start;

void view_start(const struct options *options)
{
    start = now_ns();
    report_start();
    if (options->explain != 0)
        explain_start(options->explain);
    if (options->step)
        step_start();
    if (options->timeline)
        timeline_start(options);
    if (options->trace_file != NULL)
        perfetto_start(options->trace_file);
}

int view_end(const struct options *options)
{
    int64_t wall = now_ns() - start;
    bool all_written = true;

    trace_end();
    if (options->explain != 0)
        explain_end();
    if (options->timeline)
        all_written = timeline_end();
    if (options->trace_file != NULL)
        all_written = perfetto_end() && all_written;
    return all_written ? report(options, wall) : report_failure(options);
}
