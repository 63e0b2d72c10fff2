/* The command line of a lesson. */
#include "arguments.h"
#include "lesson.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the place of a letter, for those that have none. */
enum { EXPLAIN = 1 << 24, STEP, REPLAY };

static const struct option options[] = {
    {"explain", optional_argument, NULL, EXPLAIN},
    {"step", no_argument, NULL, STEP},
    {"replay", required_argument, NULL, REPLAY},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "      --explain[=ROLES]    say each step; ROLES: some of exec,future,reactor,os\n"
    "      --step               --explain, and stop before each turn of the executor\n"
    "      --replay=FILE        a page in which one walks through the run, as HTML\n"
    "  -h, --help               print this and exit\n\n"
    "exit status: 0 all went well, 1 something failed, 2 wrong command line\n";

static _Noreturn void print_help(const char *path, const char *operands)
{
    printf("%s: a lesson; classroom/futures/README.md says what to look for.\n\n"
           "usage: %s %s%s[options]\n\n%s",
           program_name, path, operands, *operands != '\0' ? " " : "", help);
    if (fflush(stdout) != 0)
        fail("cannot write to stdout: %s", strerror(errno));
    exit(EXIT_SUCCESS);
}

/* "exec,os": a bit for each; all, where there is no list. */
static unsigned roles_of(const char *list)
{
    static const char *const names[] = {"exec", "future", "reactor", "os"};
    unsigned roles = list == NULL ? ALL_ROLES : 0;

    for (const char *rest = list; rest != NULL;) {
        size_t length = strcspn(rest, ",");
        int role = 0;
        while (role < 4 &&
               (strlen(names[role]) != length || strncmp(names[role], rest, length) != 0))
            role++;
        if (role == 4) {
            message("--explain accepts roles out of exec, future, reactor, os, not '%s'",
                    list);
            exit(2);
        }
        roles |= 1U << role;
        rest = rest[length] == '\0' ? NULL : rest + length + 1;
    }
    return roles;
}

static const char *file_of(const char *name)
{
    if (*name == '\0') {
        message("--replay accepts the name of an HTML file, not ''");
        exit(2);
    }
    return name;
}

static _Noreturn void refuse(const char *word)
{
    size_t length = strcspn(word, "=");

    if (strcmp(word, "--replay") == 0)
        message("--replay needs a value: it accepts the name of an HTML file");
    else if (strncmp(word, "--step=", 7) == 0 || strncmp(word, "--help=", 7) == 0)
        message("%.*s accepts no value", (int)length, word);
    else
        message("unknown option %.*s; there are --explain, --step, --replay and --help",
                (int)length, word);
    exit(2);
}

/* What is no option stays in argv, in its order; and what `operands` names. */
static void take_words(struct views *views, const char *operands, int *argc, char **argv)
{
    int kept = 1;
    int letter;

    opterr = 0; /* the messages are ours */
    while ((letter = getopt_long(*argc, argv, "-:h", options, NULL)) != -1) {
        char *word = argv[optind - 1];
        if (letter == 'h')
            print_help(argv[0], operands);
        else if (letter == EXPLAIN)
            views->explain = roles_of(optarg);
        else if (letter == STEP)
            views->step = true;
        else if (letter == REPLAY)
            views->replay_file = file_of(optarg);
        else if (letter == 1 || strstr(operands, word) != NULL)
            argv[kept++] = word;
        else
            refuse(word);
    }
    for (; optind < *argc; optind++) /* what follows -- */
        argv[kept++] = argv[optind];
    argv[kept] = NULL;
    *argc = kept;
}

static void check_count(const char *operands, int argc, char **argv)
{
    int most = 0;

    for (const char *c = operands; *c != '\0'; c++)
        most += *c == '[';
    if (argc - 1 <= most)
        return;
    message("unexpected argument '%s'; this lesson takes %s", argv[most + 1],
            most > 0 ? operands : "none");
    exit(2);
}

void arguments_take(struct views *views, const char *operands, int *argc, char **argv)
{
    take_words(views, operands, argc, argv);
    check_count(operands, *argc, argv);
}

int64_t lesson_seconds(int argc, char **argv, double usual)
{
    char *end = "";
    double seconds = argc < 2 ? usual : strtod(argv[1], &end);

    if (*end != '\0' || (argc > 1 && end == argv[1]) ||
        !(seconds >= 0.01 && seconds <= 1000)) {
        message("the argument is seconds from 0.01 to 1000, such as 0.2, not '%s'",
                argv[1]);
        exit(2);
    }
    return (int64_t)(seconds * (double)NS_PER_SECOND);
}

int64_t lesson_number(const char *text, int64_t least, int64_t most)
{
    static const char units[] = "KMG";
    char *end;
    int64_t number = strtoll(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
    int64_t factor = unit != NULL ? INT64_C(1) << (10 * (unit - units + 1)) : 1;

    if (end == text || *(end + (unit != NULL)) != '\0' || number > most / factor ||
        number * factor < least) {
        message("the argument is a number from %jd to %jd, such as %s, not '%s'",
                (intmax_t)least, (intmax_t)most, most < 64 << 10 ? "100" : "100 or 64K",
                text);
        exit(2);
    }
    return number * factor;
}
