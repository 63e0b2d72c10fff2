/* How many clients got a whole answer, how many responses were given, and why the first
 * client that failed did. From any thread. */
#ifndef APP_TALLY_H
#define APP_TALLY_H

#include "app/options.h"

struct tally {
    long completed;
    long failed;
};

void client_completed(void);
void client_failed(const char *why, ...) __attribute__((format(printf, 1, 2)));

/* Each response, when it starts and, if it was whole, when it ends. */
void count_response_started(void);
void count_response_completed(void);

/* What counts in this mode: clients; but where we only serve, responses, and those that
 * have not been completed have failed. */
struct tally tally_of(enum mode mode);

/* The exit status that is due. Says in one line, however many there are, how many clients
 * failed, and why the first did. */
int tally_verdict(const struct options *options);

#endif
