/* What a run did and what it cost, for people or for programs, on stderr. */
#ifndef VIEW_REPORT_H
#define VIEW_REPORT_H

#include "app/options.h"

#include <stdint.h>

/* From now on the CPU time is the run's. */
void report_start(void);

/* Reports in the form that the options ask for, `wall` ns after the start, and returns
 * the exit status of the program. As text only if anybody got an answer: else the line
 * that says why not is all there is to say. */
int report(const struct options *options, int64_t wall);

/* When something has failed and that was said: says only whether clients failed too. */
int report_failure(const struct options *options);

#endif
