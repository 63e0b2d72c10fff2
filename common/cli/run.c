#include "cli/run.h"

#include "base/trace.h"
#include "cli/tally.h"
#include "cli/thread.h"
#include "view/habits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t start;
static struct rusage before; /* what it took to start the program */

static struct rusage usage_now(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        fail("cannot ask what the run cost: %s", strerror(errno));
    return usage;
}

/* Else the next descriptor would be taken for stdout, say. open takes the lowest free
 * number; read-only, it makes a write to stdout fail. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
            fail("cannot open /dev/null: %s", strerror(errno));
}

struct options run_starts(int argc, char **argv, struct stage stage)
{
    struct options options;

    signal(SIGPIPE, SIG_IGN); /* write fails with EPIPE, and one connection ends */
    signal(SIGXFSZ, SIG_IGN); /* EFBIG: the file is as large as ulimit -f allows */
    open_standard_streams();
    options = options_parse(argc, argv, stage);
    views_start(&options.views);
    before = usage_now();
    start = now_ns();
    return options;
}

/* ---- what it has cost ---- */

struct cost {
    double wall; /* seconds, as are the next two */
    double user;
    double sys;
    long max_rss_kib;
    long switches; /* voluntary ones */
};

static double seconds_between(struct timeval earlier, struct timeval later)
{
    return (double)(later.tv_sec - earlier.tv_sec) +
           (double)(later.tv_usec - earlier.tv_usec) / 1e6;
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

static struct cost cost_of_run(void)
{
    struct rusage usage = usage_now();

    return (struct cost){
        .wall = (double)(now_ns() - start) / (double)NS_PER_SECOND,
        .user = seconds_between(before.ru_utime, usage.ru_utime),
        .sys = seconds_between(before.ru_stime, usage.ru_stime),
        .max_rss_kib = max_rss_kib(&usage),
        .switches = usage.ru_nvcsw - before.ru_nvcsw,
    };
}

/* ---- the report ---- */

static void report_text(FILE *out, const struct options *options, struct cost cost)
{
    struct tally tally = tally_of(options->mode);
    double cpu = cost.user + cost.sys;

    fprintf(out, "%s %s\n", program_name, options->views.how);
    if (options->mode == SERVE)
        fprintf(out, "  responses      %ld, and %ld that broke off\n", tally.completed,
                tally.failed);
    else
        fprintf(out, "  clients        %ld of %ld\n", tally.completed, options->clients);
    fprintf(out,
            "  wall time      %.3f s\n"
            "  CPU time       %.3f s, %.1f %% of wall time\n"
            "  threads        %ld at most\n"
            "  memory         %.1f MiB at most\n",
            cost.wall, cpu, 100 * cpu / cost.wall, thread_peak(),
            (double)cost.max_rss_kib / 1024);
    if (trace_count[EXEC_POLL] == 0)
        return;
    fprintf(out,
            "  polls          %" PRIu64 ", %" PRIu64 " of them wasted\n"
            "  would-blocks   %" PRIu64 "\n"
            "  reactor waits  %" PRIu64 "\n",
            trace_count[EXEC_POLL], trace_count[EXEC_WASTED], trace_count[FUTURE_WAITS],
            trace_count[REACTOR_WAIT]);
}

/* Stages 1 and 2 have no futures and no reactor. */
static void json_of_count(FILE *out, const char *name, enum event_kind kind)
{
    if (trace_count[EXEC_POLL] > 0)
        fprintf(out, ",\"%s\":%" PRIu64, name, trace_count[kind]);
    else
        fprintf(out, ",\"%s\":null", name);
}

static void report_json(FILE *out, const struct options *options, struct cost cost)
{
    struct tally tally = tally_of(options->mode);
    long served = tally.completed + tally.failed;

    fprintf(out,
            "{\"stage\":\"%s\",\"mode\":\"%s\",\"clients\":%ld,\"completed\":%ld,"
            "\"failed\":%ld,\"delay_s\":%.9g,\"wall_s\":%.6f,\"user_s\":%.6f,"
            "\"sys_s\":%.6f,\"max_rss_kib\":%ld,\"peak_threads\":%ld,"
            "\"voluntary_switches\":%ld",
            program_name, mode_names[options->mode],
            options->mode == SERVE ? served : options->clients, tally.completed,
            tally.failed, (double)options->delay / (double)NS_PER_SECOND, cost.wall,
            cost.user, cost.sys, cost.max_rss_kib, thread_peak(), cost.switches);
    json_of_count(out, "polls", EXEC_POLL);
    json_of_count(out, "wasted_polls", EXEC_WASTED);
    json_of_count(out, "wakes", EXEC_WAKE);
    json_of_count(out, "would_block", FUTURE_WAITS);
    json_of_count(out, "reactor_waits", REACTOR_WAIT);
    fprintf(out, "}\n");
}

/* All in one piece, so that the reports of two programs do not mix. */
static void report(const struct options *options, struct cost cost)
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
    print_all(STDERR_FILENO, text, strlen(text));
}

/* A text only if anybody got an answer: else the line that says why not is all there is
 * to say, and a poll as long as the time-out, which may be the reason. */
int run_ends(const struct options *options)
{
    struct cost cost = cost_of_run();
    bool all_written = views_end();
    int status = tally_verdict(options);
    bool answered = status == EXIT_SUCCESS || tally_of(options->mode).completed > 0;
    bool is_text = options->report == REPORT_TEXT;

    if (options->report == REPORT_JSON || (is_text && answered && all_written))
        report(options, cost);
    if (is_text && answered && all_written)
        habits_warn_of_busy_tasks();
    if (is_text)
        habits_warn_of_long_polls(answered ? 0 : options->timeout);
    return stderr_failed || !all_written ? EXIT_FAILURE : status;
}
