/* What is around a run, whoever waits in it: how it begins, and what is said at its
 * end. */
#ifndef RUN_H
#define RUN_H

#include "cli/options.h"

/* First thing in main: ignores the signals that would kill us where an errno tells more
 * (SIGPIPE, SIGXFSZ), sees to it that stdin, stdout and stderr are open, parses the
 * command line, and opens the views. From here on the run is timed. */
struct options run_starts(int argc, char **argv, struct stage stage);

/* Last thing in main: closes the views, says how many clients failed and why, what the
 * run did and what it cost, in the form that the options ask for, and what the doctor
 * warns of. Returns the exit status. */
int run_ends(const struct options *options);

#endif
