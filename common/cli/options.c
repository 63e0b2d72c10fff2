#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VERSION      "1.0.0"
#define MOST_SECONDS 1000000
#define MOST_NS      (MOST_SECONDS * NS_PER_SECOND)

/* Which modes use an option: a bit, 1 << mode, for each. */
enum { SERVERS = 1 << DEMO | 1 << SERVE, CLIENTS = 1 << DEMO | 1 << CLIENT, ALL = 7 };

/* In the place of a letter, for those that have none. */
enum { EXPLAIN = 1 << 24, STEP, TIMELINE, TRACE, REPLAY, ECHO };

static const struct choice {
    const char *name;
    int letter;
    unsigned modes;
    int has_argument;
    const char *accepts;
} choices[] = {
    {"clients", 'n', CLIENTS, required_argument, "a whole number from 1 to 1000000"},
    {"delay", 'd', SERVERS, required_argument, "seconds from 0 to 1000000, such as 0.2"},
    {"host", 'H', ALL, required_argument, "a name or an address"},
    {"port", 'p', ALL, required_argument, "a whole number from 0 to 65535"},
    {"timeout", 't', CLIENTS, required_argument, "seconds from 0.001 to 1000000"},
    {"report", 'r', ALL, required_argument, "text, json or none"},
    {"explain", EXPLAIN, ALL, optional_argument,
     "roles out of exec, future, reactor, os"},
    {"step", STEP, ALL, no_argument, "no value"},
    {"timeline", TIMELINE, ALL, optional_argument, "the name of an SVG file"},
    {"trace", TRACE, ALL, required_argument, "the name of a JSON file"},
    {"replay", REPLAY, ALL, required_argument, "the name of an HTML file"},
    {"echo", ECHO, 1 << SERVE, no_argument, "no value"},
    {"help", 'h', ALL, no_argument, "no value"},
    {"version", 'V', ALL, no_argument, "no value"},
};
enum { CHOICES = sizeof choices / sizeof choices[0] };
static const char letters[] = "-:n:d:H:p:t:r:hV"; /* -: operands stay where they are */

static const char help[] =
    "  -n, --clients N          how many (10)\n"
    "  -d, --delay SECONDS      how long the server waits (1)\n"
    "  -H, --host HOST          where to listen (127.0.0.1) or connect (localhost)\n"
    "  -p, --port PORT          serve, client: 8000; else 0, any free port\n"
    "  -t, --timeout SECONDS    what a client may take in all (delay + 30; of stage\n"
    "                           1, N x delay + 10; as client, N + 10)\n"
    "  -r, --report FORM        text, json or none (text)\n"
    "      --explain[=ROLES]    say each step; ROLES: some of exec,future,reactor,os\n"
    "      --step               stages 3 to 5: --explain, and stop before each turn\n"
    "      --timeline[=FILE]    at the end, draw who was served when; FILE: as SVG\n"
    "      --trace=FILE         write each step as JSON, for ui.perfetto.dev\n"
    "      --replay=FILE        a page in which one walks through the run, as HTML\n"
    "      --echo               serve: send back what comes; nc is its client\n"
    "  -h, --help               print this and exit\n"
    "  -V, --version            print the version and exit\n\n"
    "exit status: 0 all went well, 1 something failed, 2 wrong command line\n";

/* What older versions had, and the lesson that has it now. */
static const char *const gone[][2] = {
    {"copy", "copy"},     {"--bytes", "copy"}, {"--buffer", "copy"},
    {"--sndbuf", "copy"}, {"--wake", "herd"},  {"--trigger", "edge_level"},
};

const char *const mode_names[] = {"demo", "serve", "client"};
static const char *const report_forms[] = {"text", "json", "none"};
static const char *const roles[] = {"exec", "future", "reactor", "os"};

/* What argv says. A value is NULL where the option was not given. */
static const char *values[CHOICES];
static const char no_value[] = "";
static const char *program_path;
static const char *operands[2]; /* the first, and the last of those that are too many */

/* Its place in `choices`, or -1. */
static int place_of(int letter)
{
    for (int i = 0; i < CHOICES; i++)
        if (choices[i].letter == letter)
            return i;
    return -1;
}

static const char *value_of(int letter)
{
    return values[place_of(letter)];
}

/* ---- what we answer ---- */

#define usage_error(...) (message(__VA_ARGS__), exit(2))

static _Noreturn void bad_value(int letter, const char *value)
{
    const struct choice *choice = &choices[place_of(letter)];

    usage_error("--%s accepts %s, not '%s'", choice->name, choice->accepts, value);
}

static void check_gone(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
        if (strlen(gone[i][0]) == length && strncmp(gone[i][0], word, length) == 0)
            usage_error("%s is gone: the lesson %s shows it now; run make futures, and "
                        "then build/futures/%s",
                        gone[i][0], gone[i][1], gone[i][1]);
}

static _Noreturn void unknown_option(const char *word)
{
    size_t length = strcspn(word, "=");
    char names[256] = "";
    size_t used = 0;

    check_gone(word, length);
    for (int i = 0; i < CHOICES; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s--%s",
                                 i == 0 ? "" : ", ", choices[i].name);
    usage_error("unknown or ambiguous option %.*s; %s accepts %s", (int)length, word,
                program_name, names);
}

static _Noreturn void print_and_exit(bool is_help, const char *how)
{
    if (is_help)
        printf("%s: %s.\n\n"
               "usage: %s [demo] [options]   server and clients in one process\n"
               "       %s serve  [options]   only the server, until SIGINT or SIGTERM\n"
               "       %s client [options]   only the clients\n\n%s",
               program_name, how, program_name, program_name, program_name, help);
    else
        printf("%s %s\n", program_name, VERSION);
    if (fflush(stdout) != 0)
        fail("cannot write to stdout: %s", strerror(errno));
    exit(EXIT_SUCCESS);
}

/* ---- words ---- */

/* `word` is what getopt_long has just looked at, if that is a long option. */
static void refuse(int fault, const char *word)
{
    int i = place_of(optopt);

    if (fault == ':')
        usage_error("--%s needs a value: it accepts %s", choices[i].name,
                    choices[i].accepts);
    if (i >= 0)
        bad_value(optopt, strchr(word, '=') + 1);
    unknown_option(optopt == 0 ? word : (char[]){'-', (char)optopt, '\0'});
}

static void take_words(int argc, char **argv, const char *how)
{
    struct option names[CHOICES + 1] = {{0}};
    int letter;

    for (int i = 0; i < CHOICES; i++)
        names[i] = (struct option){choices[i].name, choices[i].has_argument, NULL,
                                   choices[i].letter};
    opterr = 0; /* the messages are ours */
    while ((letter = getopt_long(argc, argv, letters, names, NULL)) != -1) {
        if (letter == 'h' || letter == 'V')
            print_and_exit(letter == 'h', how);
        if (letter == '?' || letter == ':')
            refuse(letter, argv[optind - 1]);
        if (letter == 1)
            operands[operands[0] != NULL] = optarg;
        else
            values[place_of(letter)] = optarg != NULL ? optarg : no_value;
    }
    for (; optind < argc; optind++) /* what follows -- */
        operands[operands[0] != NULL] = argv[optind];
}

/* ---- values: the same in any locale; `usual`: where the option was not given ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static long whole_number(int letter, long least, long most, long usual)
{
    const char *value = value_of(letter);
    char *end;

    if (value == NULL)
        return usual;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (!is_digit(*value) || *end != '\0' || errno != 0 || number < least ||
        number > most)
        bad_value(letter, value);
    return number;
}

/* "1.5", in ns. strtod would take 1e3 and nan, and in some locales a comma. */
static int64_t seconds(int letter, int64_t least, int64_t usual)
{
    const char *c = value_of(letter);
    int64_t ns = 0;
    int digits = 0;

    if (c == NULL)
        return usual;
    for (; is_digit(*c) && ns <= MOST_NS; c++, digits++)
        ns = ns * 10 + (*c - '0') * NS_PER_SECOND;
    if (*c == '.')
        c++;
    for (int64_t unit = NS_PER_SECOND / 10; is_digit(*c); c++, digits++, unit /= 10)
        ns += (*c - '0') * unit;
    if (*c != '\0' || digits == 0 || ns < least || ns > MOST_NS)
        bad_value(letter, value_of(letter));
    return ns;
}

static const char *text(int letter, const char *usual)
{
    const char *value = value_of(letter);

    if (value == NULL || value == no_value)
        return usual;
    if (*value == '\0')
        bad_value(letter, value);
    return value;
}

/* Which of `count` names these `length` bytes are; -1: none. */
static int find_name(const char *const names[], int count, const char *name,
                     size_t length)
{
    for (int i = 0; i < count; i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return i;
    return -1;
}

static enum report_form report_form(void)
{
    const char *value = text('r', "text");
    int form = find_name(report_forms, 3, value, strlen(value));

    if (form < 0)
        bad_value('r', value);
    return (enum report_form)form;
}

/* "exec,os": a bit for each. */
static unsigned explained_roles(void)
{
    const char *value = value_of(EXPLAIN);
    unsigned result = 0;

    if (value == NULL && value_of(STEP) == NULL)
        return 0;
    if (value == NULL || value == no_value)
        return ALL_ROLES;
    for (const char *rest = value; rest != NULL;) {
        size_t length = strcspn(rest, ",");
        int role = find_name(roles, 4, rest, length);
        if (role < 0)
            bad_value(EXPLAIN, value);
        result |= 1U << role;
        rest = rest[length] == '\0' ? NULL : rest + length + 1;
    }
    return result;
}

/* ---- what does not go together ---- */

static enum mode given_mode(void)
{
    const char *word = operands[0] != NULL ? operands[0] : mode_names[DEMO];
    bool may_be_value = value_of(EXPLAIN) != NULL || value_of(TIMELINE) != NULL;
    int mode = find_name(mode_names, 3, word, strlen(word));

    if (mode >= 0)
        return (enum mode)mode;
    check_gone(word, strlen(word));
    usage_error("unknown mode '%s'; %s accepts demo, serve or client%s", word,
                program_name,
                may_be_value ? "; a value of --explain or --timeline needs a =" : "");
}

static void check_mode(enum mode mode)
{
    for (int i = 0; i < CHOICES; i++)
        if (values[i] != NULL && (choices[i].modes & 1U << mode) == 0)
            usage_error("--%s is of no use to %s%s", choices[i].name, mode_names[mode],
                        choices[i].letter == ECHO
                            ? "; nc -N HOST PORT is the client of an echo server"
                            : "");
    if (operands[1] != NULL)
        usage_error("unexpected operand '%s'; only one of demo, serve and client",
                    operands[1]);
    if (value_of(ECHO) != NULL && value_of('d') != NULL)
        usage_error("--delay is of no use to serve --echo, which answers at once");
}

/* Two names may lead to one file that is there. */
static bool is_same_file(const char *path, const char *other)
{
    struct stat file, other_file;

    if (strcmp(path, other) == 0)
        return true;
    return stat(path, &file) == 0 && stat(other, &other_file) == 0 &&
           file.st_dev == other_file.st_dev && file.st_ino == other_file.st_ino;
}

static void check_files(int letter, const char *path, int other, const char *other_path)
{
    if (path != NULL && other_path != NULL && is_same_file(path, other_path))
        usage_error("--%s and --%s need a file each, not both '%s'",
                    choices[place_of(letter)].name, choices[place_of(other)].name, path);
}

static void check_views(const struct views *views)
{
    if (views->step && views->tables == NULL)
        usage_error("--step stops before each turn of an executor; here threads block, "
                    "and the kernel is their executor. Try stage3, stage4 or stage5");
    check_files(TRACE, views->trace_file, TIMELINE, views->timeline_file);
    check_files(TRACE, views->trace_file, REPLAY, views->replay_file);
    check_files(REPLAY, views->replay_file, TIMELINE, views->timeline_file);
}

/* ---- all together ---- */

/* A client does not know which server it talks to: perhaps it is the last in a queue. */
static int64_t usual_timeout(const struct options *options, bool one_at_a_time)
{
    if (options->mode == DEMO && !one_at_a_time)
        return options->delay + 30 * NS_PER_SECOND;
    if (options->delay > MOST_NS / options->clients)
        return MOST_NS;
    return options->clients * options->delay + 10 * NS_PER_SECOND;
}

static struct views given_views(enum mode mode, struct stage stage)
{
    return (struct views){
        .name = program_name,
        .path = program_path,
        .how = stage.how,
        .tables = stage.tables,
        .only_serves = mode == SERVE,
        .only_asks = mode == CLIENT,
        .explain = explained_roles(),
        .step = value_of(STEP) != NULL,
        .timeline = value_of(TIMELINE) != NULL,
        .timeline_file = text(TIMELINE, NULL),
        .trace_file = text(TRACE, NULL),
        .replay_file = text(REPLAY, NULL),
    };
}

struct options options_parse(int argc, char **argv, struct stage stage)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;

    if (argc > 0) {
        program_path = argv[0];
        program_name = slash == NULL ? argv[0] : slash + 1;
    }
    take_words(argc, argv, stage.how);
    enum mode mode = given_mode();
    check_mode(mode);
    struct options options = {
        .mode = mode,
        .clients = whole_number('n', 1, 1000000, 10),
        .delay = seconds('d', 0, NS_PER_SECOND),
        .host = text('H', mode == CLIENT ? "localhost" : "127.0.0.1"),
        .port = (int)whole_number('p', 0, 65535, mode == DEMO ? 0 : 8000),
        .report = report_form(),
        .echo = value_of(ECHO) != NULL,
        .views = given_views(mode, stage),
    };
    options.timeout =
        seconds('t', NS_PER_MS, usual_timeout(&options, stage.one_at_a_time));
    if (mode == CLIENT && options.port == 0)
        usage_error("--port of a client accepts a whole number from 1 to 65535, not '0'");
    check_views(&options.views);
    return options;
}
