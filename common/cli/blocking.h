/* What stages 1 and 2 share: a program around their server, its clients on a thread each,
 * and the system calls that block. */
#ifndef BLOCKING_H
#define BLOCKING_H

#include "cli/blocking_io.h"
#include "cli/options.h"

/* Runs the whole program, in the mode that argv asks for, and returns its exit status.
 * server_main gets a thread of its own, and accepts clients for ever. */
int blocking_main(int argc, char **argv, struct stage stage,
                  void (*server_main)(int listener, const struct options *options));

/* Blocks until a client comes, and returns its connection, which hang_up must end. */
int accept_client(int listener);

/* Sends "start 7\n": returns whether that went well. */
bool send_line(int fd, const char *word, long number);

/* Sends back what comes, until the client half-closes, and hangs up. */
void echo_back(int fd);

/* Ends a response: counts it as completed if it is `whole`, throws away what the client
 * said, and closes fd. */
void hang_up(int fd, bool whole);

#endif
