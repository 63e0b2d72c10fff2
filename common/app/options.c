#include "app/options.h"

#include "app/stage.h"
#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION      "1.0.0"
#define MOST_CLIENTS 1000000
#define MOST_SECONDS 1000000
#define MIB          (INT64_C(1) << 20)

/* In the place of a letter, for those that have none. */
enum { EXPLAIN = 1, STEP, TIMELINE, TRACE, ECHO, BYTES, BUFFER, SNDBUF, OWN };

struct option {
    char letter;
    const char *name;     /* without its dashes */
    const char *argument; /* NULL: takes no value; "[FORM]": may be left out */
    const char *accepts;
    const char *help;
};

/* The last place is for the stage's own option. */
static struct option options[] = {
    {'n', "clients", "N", "a whole number from 1 to 1000000",
     "how many (10; client --echo: 1)"},
    {'d', "delay", "SECONDS", "seconds from 0 to 1000000, such as 0.2",
     "how long the server waits (1)"},
    {'H', "host", "HOST", "a name or an address",
     "where to listen (127.0.0.1) or connect (localhost)"},
    {'p', "port", "PORT", "a whole number from 0 to 65535",
     "serve, client: 8000; else 0, any free port"},
    {'t', "timeout", "SECONDS", "seconds from 0.001 to 1000000",
     "give up after so long without a byte (N x delay + 10)"},
    {'r', "report", "FORM", "text, json or none", "text, json or none (text)"},
    {EXPLAIN, "explain", "[ROLES]", "roles out of exec, future, reactor, os",
     "say each step; ROLES: some of exec,future,reactor,os"},
    {STEP, "step", NULL, NULL, "stages 3 to 5: --explain, and stop before each turn"},
    {TIMELINE, "timeline", "[FILE]", "the name of an SVG file",
     "at the end, draw who was served when; FILE: as SVG"},
    {TRACE, "trace", "FILE", "the name of a JSON file",
     "write each step as JSON, for ui.perfetto.dev"},
    {ECHO, "echo", "[MESSAGE]", "a message to send",
     "serve: send back what comes; client: send MESSAGE"},
    {BYTES, "bytes", "SIZE", "a size from 0 to 1024G, such as 4096, 64K, 1M or 1G",
     "copy: how much; 4096, 64K, 1M are possible (1G)"},
    {BUFFER, "buffer", "SIZE", "a size from 1 to 16M, such as 4096 or 64K",
     "copy: how much at once (64K)"},
    {SNDBUF, "sndbuf", "SIZE", "a size from 1 to 1G, such as 4096 or 64K",
     "copy: SO_SNDBUF of the sockets (the system's)"},
    {'h', "help", NULL, NULL, "print this and exit"},
    {'V', "version", NULL, NULL, "print the version and exit"},
    {'\0', NULL, NULL, NULL, NULL},
};
enum { OPTIONS = sizeof options / sizeof options[0] };

static void add_own_option(void)
{
    static char accepts[64];

    if (stage.option == NULL)
        return;
    snprintf(accepts, sizeof accepts, "%s or %s", stage.choices[0], stage.choices[1]);
    struct option own = {OWN, stage.option, "WHICH", accepts, stage.help};
    options[OPTIONS - 1] = own;
}

/* ---- what we answer ---- */

static _Noreturn void usage_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static void usage_error(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    message("%s", text);
    exit(2);
}

static _Noreturn void unknown_option(const char *word)
{
    char names[256] = "";
    size_t used = 0;

    for (int i = 0; i < OPTIONS && options[i].name != NULL; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s--%s",
                                 i == 0 ? "" : ", ", options[i].name);
    usage_error("unknown option %.*s; %s accepts %s", (int)strcspn(word, "="), word,
                stage.name, names);
}

static _Noreturn void bad_value(const struct option *option, const char *value)
{
    usage_error("--%s accepts %s, not '%s'", option->name, option->accepts, value);
}

static _Noreturn void exit_after_printing(void)
{
    if (fflush(stdout) != 0)
        fail("cannot write to stdout: %s", strerror(errno));
    exit(EXIT_SUCCESS);
}

static bool is_optional(const struct option *option)
{
    return option->argument != NULL && option->argument[0] == '[';
}

static void print_option(const struct option *option)
{
    char letter[8] = "    ";
    char words[40];

    if (is_optional(option)) /* "[FORM]" */
        snprintf(words, sizeof words, "%s[=%s", option->name, option->argument + 1);
    else
        snprintf(words, sizeof words, "%s %s", option->name,
                 option->argument == NULL ? "" : option->argument);
    if (option->letter > OWN)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    printf("  %s--%-18s %s\n", letter, words, option->help);
}

static _Noreturn void print_help(void)
{
    printf("%s: %s.\n\n", stage.name, stage.how);
    printf("usage: %s [demo] [options]   server and clients in one process\n",
           stage.name);
    printf("       %s serve  [options]   only the server, until SIGINT or SIGTERM\n",
           stage.name);
    printf("       %s client [options]   only the clients\n", stage.name);
    printf("       %s copy   [options]   a sender, a copier and a receiver\n\n",
           stage.name);
    for (int i = 0; i < OPTIONS && options[i].name != NULL; i++)
        print_option(&options[i]);
    printf("\nexit status: 0 all went well, 1 something failed, 2 wrong command line\n");
    exit_after_printing();
}

static _Noreturn void print_version(void)
{
    printf("%s %s\n", stage.name, VERSION);
    exit_after_printing();
}

/* ---- values ---- */

static long whole_number(const struct option *option, const char *value, long least,
                         long most)
{
    char *end;

    errno = 0;
    long number = strtol(value, &end, 10);
    if (strspn(value, "0123456789") == 0 || *end != '\0' || errno != 0 ||
        number < least || number > most)
        bad_value(option, value);
    return number;
}

/* In nanoseconds. */
static int64_t seconds(const struct option *option, const char *value, double least)
{
    char *end;

    double number = strtod(value, &end);
    bool plain = value[strspn(value, "0123456789.")] == '\0'; /* no 1e3, no nan */
    if (!plain || end == value || *end != '\0' || number < least || number > MOST_SECONDS)
        bad_value(option, value);
    return (int64_t)(number * (double)NS_PER_SECOND + 0.5);
}

/* By how many bits a unit shifts; -1: there is no such unit. */
static int shift_of(const char *unit)
{
    static const char *const units[] = {"", "K", "M", "G"};

    for (int i = 0; i < 4; i++)
        if (strcmp(unit, units[i]) == 0)
            return 10 * i;
    return -1;
}

/* In bytes. */
static int64_t size(const struct option *option, const char *value, int64_t least,
                    int64_t most)
{
    size_t digits = strspn(value, "0123456789");
    int shift = shift_of(value + digits);
    long long number = strtoll(value, NULL, 10); /* at most LLONG_MAX: over our limit */

    if (digits == 0 || shift < 0 || number > most >> shift || number << shift < least)
        bad_value(option, value);
    return number << shift;
}

static enum report_form report_form(const struct option *option, const char *value)
{
    if (strcmp(value, "text") == 0)
        return REPORT_TEXT;
    if (strcmp(value, "json") == 0)
        return REPORT_JSON;
    if (strcmp(value, "none") != 0)
        bad_value(option, value);
    return REPORT_NONE;
}

/* A bit for the role of this name; 0: there is none. */
static unsigned role_bit(const char *name, size_t length)
{
    static const char *const names[] = {"exec", "future", "reactor", "os"};

    for (enum role role = EXEC; role <= OS; role++)
        if (strlen(names[role]) == length && strncmp(names[role], name, length) == 0)
            return 1U << role;
    return 0;
}

/* "exec,os" */
static unsigned roles(const struct option *option, const char *value)
{
    unsigned result = 0;

    for (const char *rest = value;;) {
        size_t length = strcspn(rest, ",");
        unsigned bit = role_bit(rest, length);
        if (bit == 0)
            bad_value(option, value);
        result |= bit;
        if (rest[length] == '\0')
            return result;
        rest += length + 1;
    }
}

static const char *file_name(const struct option *option, const char *value)
{
    if (*value == '\0')
        bad_value(option, value);
    return value;
}

static bool is_second_choice(const struct option *option, const char *value)
{
    if (strcmp(value, stage.choices[1]) == 0)
        return true;
    if (strcmp(value, stage.choices[0]) != 0)
        bad_value(option, value);
    return false;
}

static void set_view(struct options *result, const struct option *option,
                     const char *value)
{
    switch (option->letter) {
    case STEP:
        result->step = true;
        break;
    case EXPLAIN:
        result->explain = value == NULL ? ALL_ROLES : roles(option, value);
        break;
    case TIMELINE:
        result->timeline = true;
        result->timeline_file = value == NULL ? NULL : file_name(option, value);
        break;
    case TRACE:
        result->trace_file = file_name(option, value);
        break;
    default:
        break;
    }
}

/* With a newline, as echo(1) sends it. */
static const char *message_line(const char *text)
{
    size_t size = strlen(text) + 2;
    char *line = allocate(1, size);

    snprintf(line, size, "%s\n", text);
    return line;
}

static void set_stream(struct options *result, const struct option *option,
                       const char *value)
{
    switch (option->letter) {
    case ECHO:
        result->echo = true;
        result->message = value == NULL ? NULL : message_line(value);
        break;
    case BYTES:
        result->bytes = size(option, value, 0, 1024 * (1024 * MIB));
        break;
    case BUFFER:
        result->buffer = (size_t)size(option, value, 1, 16 * MIB);
        break;
    case SNDBUF:
        result->send_buffer = (int)size(option, value, 1, 1024 * MIB);
        break;
    default:
        set_view(result, option, value);
    }
}

static void set_option(struct options *result, const struct option *option,
                       const char *value)
{
    switch (option->letter) {
    case 'n':
        result->clients = whole_number(option, value, 1, MOST_CLIENTS);
        break;
    case 'd':
        result->delay = seconds(option, value, 0);
        break;
    case 'H':
        if (*value == '\0')
            bad_value(option, value);
        result->host = value;
        break;
    case 'p':
        result->port = (int)whole_number(option, value, 0, 65535);
        break;
    case 't':
        result->timeout = seconds(option, value, 0.001);
        break;
    case 'r':
        result->report = report_form(option, value);
        break;
    case 'h':
        print_help();
    case 'V':
        print_version();
    case OWN:
        result->second_choice = is_second_choice(option, value);
        break;
    default:
        set_stream(result, option, value);
    }
}

/* `optional`: an option came before whose value may be left out. */
static enum mode mode_of(const char *word, bool optional)
{
    for (enum mode mode = DEMO; mode <= COPY; mode++)
        if (strcmp(word, mode_name(mode)) == 0)
            return mode;
    if (optional)
        usage_error("unknown mode '%s'; a value of --explain, --timeline or --echo needs "
                    "a =, as in --timeline=FILE",
                    word);
    usage_error("unknown mode '%s'; %s accepts demo, serve, client or copy", word,
                stage.name);
}

const char *mode_name(enum mode mode)
{
    static const char *const names[] = {"demo", "serve", "client", "copy"};

    return names[mode];
}

/* ---- words ---- */

static const struct option *find_name(const char *name, size_t length)
{
    for (int i = 0; i < OPTIONS && options[i].name != NULL; i++)
        if (strlen(options[i].name) == length &&
            strncmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static const struct option *find_letter(char letter)
{
    for (int i = 0; i < OPTIONS; i++)
        if (options[i].letter == letter)
            return &options[i];
    return NULL;
}

/* The value that option takes from the next word; NULL if it takes none. A client's
 * --echo needs one: what begins with - is no message, but the next option. */
static const char *next_word(const struct option *option, enum mode mode, char ***words)
{
    bool may_miss = is_optional(option) && !(option->letter == ECHO && mode == CLIENT);

    if (option->argument == NULL || may_miss)
        return NULL;
    if (**words == NULL || (option->letter == ECHO && (**words)[0] == '-'))
        usage_error("--%s needs a value: it accepts %s", option->name, option->accepts);
    return *(*words)++;
}

/* --name, --name=value, --name value */
static void parse_name(struct options *result, const char *word, char ***words)
{
    size_t length = strcspn(word, "=");
    const struct option *option = find_name(word + 2, length - 2);
    const char *attached = word[length] == '=' ? word + length + 1 : NULL;

    if (option == NULL)
        unknown_option(word);
    if (option->argument == NULL && attached != NULL)
        usage_error("--%s accepts no value, not '%s'", option->name, attached);
    if (attached == NULL)
        attached = next_word(option, result->mode, words);
    set_option(result, option, attached);
}

/* -n value, -nvalue */
static void parse_letter(struct options *result, const char *word, char ***words)
{
    const struct option *option = word[1] > OWN ? find_letter(word[1]) : NULL;

    if (option == NULL)
        unknown_option(word);
    bool joined = option->argument != NULL && word[2] != '\0';
    set_option(result, option,
               joined ? word + 2 : next_word(option, result->mode, words));
}

/* Other options that a mode does not use are ignored. */
static void check_mode(const struct options *result)
{
    if (result->mode == COPY && result->timeline)
        usage_error("--timeline draws clients, and copy has none; try --explain");
    if (!result->echo)
        return;
    if (result->mode == SERVE && result->message != NULL)
        usage_error("--echo of serve accepts no value");
    if (result->mode == CLIENT && result->message == NULL)
        usage_error("--echo of client needs a message, as in client --echo MESSAGE");
    if (result->mode == DEMO || result->mode == COPY)
        usage_error("--echo is for serve and client, not for %s",
                    mode_name(result->mode));
}

/* What was not given depends on the mode, and on the other options. */
static void set_defaults(struct options *result)
{
    if (result->clients == 0)
        result->clients = result->message == NULL ? 10 : 1;
    if (result->host == NULL)
        result->host = result->mode == CLIENT ? "localhost" : "127.0.0.1";
    if (result->port < 0)
        result->port = result->mode == SERVE || result->mode == CLIENT ? 8000 : 0;
    if (result->port == 0 && result->mode == CLIENT)
        usage_error("--port of a client accepts a whole number from 1 to 65535, not '0'");
    if (result->step && result->explain == 0)
        result->explain = ALL_ROLES;
    if (result->timeout == 0) {
        double queue = (double)result->clients * (double)result->delay;
        double most = (double)MOST_SECONDS * (double)NS_PER_SECOND;
        result->timeout = (int64_t)(queue < most ? queue : most) + 10 * NS_PER_SECOND;
    }
}

struct options options_parse(int argc, char **argv)
{
    struct options result = {
        .delay = NS_PER_SECOND,
        .port = -1,
        .bytes = 1024 * MIB,
        .buffer = 64 << 10,
    };
    char **words = argc > 0 ? argv + 1 : argv;
    bool only_operands = false;
    bool mode_given = false;

    add_own_option();
    while (*words != NULL) {
        const char *word = *words++;
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            if (mode_given)
                usage_error(
                    "unexpected operand '%s'; only one of demo, serve, client and "
                    "copy",
                    word);
            result.mode =
                mode_of(word, result.explain != 0 || result.timeline || result.echo);
            mode_given = true;
        } else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (word[1] == '-')
            parse_name(&result, word, &words);
        else
            parse_letter(&result, word, &words);
    }
    check_mode(&result);
    set_defaults(&result);
    return result;
}
