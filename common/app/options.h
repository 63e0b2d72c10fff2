/* The command line, the same for all five. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode { DEMO, SERVE, CLIENT, COPY };
enum report_form { REPORT_TEXT, REPORT_JSON, REPORT_NONE };

#define ALL_ROLES 15U

struct options {
    enum mode mode;
    long clients;
    int64_t delay; /* ns */
    const char *host;
    int port;
    int64_t timeout; /* ns */
    enum report_form report;
    bool echo;           /* serve, client */
    const char *message; /* client --echo: what to send, with a newline; else NULL */
    int64_t bytes;       /* copy: these three */
    size_t buffer;
    int send_buffer;  /* SO_SNDBUF; 0: the system's */
    unsigned explain; /* a bit, 1 << role, for each role to explain */
    bool step;
    bool timeline;
    const char *timeline_file; /* NULL: draw on stderr */
    const char *trace_file;    /* NULL: none */
    bool second_choice;        /* of the stage's own option */
};

/* Returns what argv asks for. Answers --help and --version itself and exits 0; a mistake
 * gets one line on stderr, with the option and what it accepts, and exit status 2. */
struct options options_parse(int argc, char **argv);

const char *mode_name(enum mode mode);

#endif
