/* How many clients got a whole answer, and why the first that failed did. From any
 * thread. */
#ifndef TALLY_H
#define TALLY_H

#include "cli/options.h"

struct tally {
    long completed;
    long failed;
};

void client_completed(void);
void client_failed(const char *why, ...) __attribute__((format(printf, 1, 2)));

/* What counts in this mode: clients; but where we only serve, responses (see response.h),
 * and those that have not been completed have failed. */
struct tally tally_of(enum mode mode);

/* The exit status that is due. Says in one line, however many there are, how many clients
 * failed, and why the first did. */
int tally_verdict(const struct options *options);

#endif
