/* The command line, the same for all five. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/base.h"
#include "view/view.h"

enum mode { DEMO, SERVE, CLIENT };
enum report_form { REPORT_TEXT, REPORT_JSON, REPORT_NONE };

/* What main says of its stage. */
struct stage {
    const char *how;             /* it waits: "sleeps in poll(2)" */
    const struct tables *tables; /* stages 3 to 5; NULL: it has threads, and no tasks */
    bool one_at_a_time;          /* a client waits for all before it */
};

struct options {
    enum mode mode;
    long clients;
    int64_t delay; /* ns */
    const char *host;
    int port;
    int64_t timeout; /* ns: what a client may take in all */
    enum report_form report;
    bool echo; /* serve */
    struct views views;
};

/* Returns what argv asks for, and sets program_name. Answers --help and --version itself
 * and exits 0; a mistake gets one line on stderr, with the option and what it accepts,
 * and exit status 2. */
struct options options_parse(int argc, char **argv, struct stage stage);

extern const char *const mode_names[3];

#endif
