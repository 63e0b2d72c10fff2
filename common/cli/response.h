/* What a server says, does and counts, that does not wait: the same for all five. */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes "start 7\n" into `line`, and returns its length. There is room for 16 digits. */
enum { RESPONSE_LINE = 24 };
size_t response_line(char line[RESPONSE_LINE], const char *word, long number);

/* How much --echo reads at once. */
enum { ECHO_BUFFER = 1024 };

/* Count a response when it starts, and, `whole` or not, when it ends; how many run now;
 * how many were whole, and how many were not (yet; see tally.h). From any thread. */
void response_starts(void);
void response_ends(bool whole);
long responses_running(void);
struct tally responses_tally(void);

/* Throws away what the client said, for we do not listen; to be called before the close.
 * A close over unread bytes resets the connection, and the client may lose our last line.
 * fd must be non-blocking.
 *
 * Shortcut: what comes after this look still resets. The real thing half-closes, and
 * reads until the client has closed, too, or for so long. */
void discard_input(int fd);

/* Says that a server which was told to stop waits for so many responses, if any. */
void say_waits_for_responses(void);

/* `error` is an errno of accept. If it may succeed later (descriptors or memory ran out,
 * a firewall is in the way, the network is down), says so, once; then sleep for
 * ACCEPT_PAUSE (ns), and try again: to try at once, and again, would cost a whole CPU.
 * Else says so, and exits 1. */
void accept_failed(int error);
#define ACCEPT_PAUSE INT64_C(20000000)

#endif
