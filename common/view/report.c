#include "view/report.h"

#include "app/copying.h"
#include "app/stage.h"
#include "app/tally.h"
#include "app/thread.h"
#include "core/doctor.h"
#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct cost {
    double wall; /* seconds */
    double user;
    double sys;
    long max_rss_kib;
    long voluntary_switches;
    long peak_threads;
};

static double in_seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* Linux: VmHWM. ru_maxrss would tell the size of whoever started us, if that was
 * larger. */
static long max_rss_kib(const struct rusage *usage)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    if (kib > 0)
        return kib;
#ifdef __APPLE__
    return usage->ru_maxrss / 1024; /* bytes, there */
#else
    return usage->ru_maxrss;
#endif
}

static struct rusage usage_now(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        fail("cannot ask what the run cost: %s", strerror(errno));
    return usage;
}

static struct rusage before; /* what it took to start the program */

void report_start(void)
{
    before = usage_now();
}

static struct cost cost_of_run(int64_t wall)
{
    struct rusage usage = usage_now();

    return (struct cost){
        .wall = (double)wall / (double)NS_PER_SECOND,
        .user = in_seconds(usage.ru_utime) - in_seconds(before.ru_utime),
        .sys = in_seconds(usage.ru_stime) - in_seconds(before.ru_stime),
        .max_rss_kib = max_rss_kib(&usage),
        .voluntary_switches = usage.ru_nvcsw,
        .peak_threads = thread_peak(),
    };
}

/* ---- text ---- */

/* What was done. */
static void text_of_work(FILE *out, const struct options *options)
{
    struct tally tally = tally_of(options->mode);
    struct copy_result copy = copying_result();

    if (options->mode == SERVE)
        fprintf(out, "  responses      %ld, and %ld that broke off\n", tally.completed,
                tally.failed);
    else if (options->mode != COPY)
        fprintf(out, "  clients        %ld of %ld\n", tally.completed, options->clients);
    else {
        fprintf(out, "  copied         %" PRId64 " bytes, %.1f MB/s\n", copy.bytes,
                copy.bytes_per_second / 1e6);
        fprintf(out, "  system calls   %" PRIu64 ", %" PRIu64 " of them EAGAIN\n",
                copy.system_calls, copy.would_blocks);
    }
}

static void report_text(FILE *out, const struct options *options, const struct cost *cost)
{
    double cpu = cost->user + cost->sys;

    fprintf(out, "%s %s\n", stage.name, stage.how);
    text_of_work(out, options);
    fprintf(out, "  wall time      %.3f s\n", cost->wall);
    fprintf(out, "  CPU time       %.3f s, %.1f %% of wall time\n", cpu,
            100 * cpu / cost->wall);
    fprintf(out, "  threads        %ld at most\n", cost->peak_threads);
    fprintf(out, "  memory         %.1f MiB at most\n", (double)cost->max_rss_kib / 1024);
    if (trace_counts[EXEC_POLL] == 0)
        return;
    fprintf(out, "  polls          %" PRIu64 ", %" PRIu64 " of them wasted\n",
            trace_counts[EXEC_POLL], trace_counts[EXEC_WASTED]);
    fprintf(out, "  would-blocks   %" PRIu64 "\n", trace_counts[FUTURE_WAITS]);
    fprintf(out, "  reactor waits  %" PRIu64 "\n", trace_counts[REACTOR_WAIT]);
}

/* ---- JSON ---- */

/* Stages 1 and 2 have no futures and no reactor. */
static void print_count(FILE *out, const char *name, enum event_kind kind)
{
    if (trace_counts[EXEC_POLL] > 0)
        fprintf(out, ",\"%s\":%" PRIu64, name, trace_counts[kind]);
    else
        fprintf(out, ",\"%s\":null", name);
}

static void json_of_copy(FILE *out, const struct options *options)
{
    struct copy_result copy = copying_result();

    fprintf(out, ",\"clients\":null,\"completed\":null,\"failed\":null,\"delay_s\":null");
    fprintf(out, ",\"bytes\":%" PRId64 ",\"buffer\":%zu", copy.bytes, options->buffer);
    fprintf(out, ",\"bytes_per_s\":%.0f", copy.bytes_per_second);
    fprintf(out, ",\"system_calls\":%" PRIu64 ",\"eagains\":%" PRIu64, copy.system_calls,
            copy.would_blocks);
}

static void json_of_clients(FILE *out, const struct options *options)
{
    struct tally tally = tally_of(options->mode);
    long served = tally.completed + tally.failed;
    long clients = options->mode == SERVE ? served : options->clients;

    fprintf(out, ",\"clients\":%ld,\"completed\":%ld,\"failed\":%ld", clients,
            tally.completed, tally.failed);
    fprintf(out, ",\"delay_s\":%.9g", (double)options->delay / (double)NS_PER_SECOND);
}

static void report_json(FILE *out, const struct options *options, const struct cost *cost)
{
    fprintf(out, "{\"stage\":\"%s\",\"mode\":\"%s\"", stage.name,
            mode_name(options->mode));
    if (options->mode == COPY)
        json_of_copy(out, options);
    else
        json_of_clients(out, options);
    fprintf(out, ",\"wall_s\":%.6f,\"user_s\":%.6f,\"sys_s\":%.6f", cost->wall,
            cost->user, cost->sys);
    fprintf(out, ",\"max_rss_kib\":%ld,\"peak_threads\":%ld,\"voluntary_switches\":%ld",
            cost->max_rss_kib, cost->peak_threads, cost->voluntary_switches);
    print_count(out, "polls", EXEC_POLL);
    print_count(out, "wasted_polls", EXEC_WASTED);
    print_count(out, "wakes", EXEC_WAKE);
    print_count(out, "would_block", FUTURE_WAITS);
    print_count(out, "reactor_waits", REACTOR_WAIT);
    fprintf(out, "}\n");
}

/* All in one piece, so that the reports of two programs do not mix. */
static void print(const struct options *options, const struct cost *cost)
{
    char text[2048] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    if (out == NULL)
        fail("cannot make the report: %s", strerror(errno));
    if (options->report == REPORT_JSON)
        report_json(out, options, cost);
    else
        report_text(out, options, cost);
    fclose(out);
    fputs(text, stderr);
}

int report_failure(const struct options *options)
{
    tally_verdict(options);
    return EXIT_FAILURE;
}

int report(const struct options *options, int64_t wall)
{
    struct cost cost = cost_of_run(wall);
    int status = tally_verdict(options);
    bool answered = status == EXIT_SUCCESS || tally_of(options->mode).completed > 0;
    bool text = options->report == REPORT_TEXT && answered;

    if (text || options->report == REPORT_JSON)
        print(options, &cost);
    if (text)
        doctor_warns();
    return ferror(stderr) ? EXIT_FAILURE : status;
}
