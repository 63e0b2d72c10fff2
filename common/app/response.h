/* What a server says, and does, that does not wait: the same for all five. */
#ifndef APP_RESPONSE_H
#define APP_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

/* Writes "start 7\n" into `line`, and returns its length. There is room for 16 digits. */
enum { RESPONSE_LINE = 24 };
size_t response_line(char line[RESPONSE_LINE], const char *word, long number);

/* How much --echo reads at once. */
enum { ECHO_BUFFER = 1024 };

/* Throws away what the client said, for we do not listen; to be called before the close.
 * A close over unread bytes resets the connection, and the client may lose our last line.
 * fd must be non-blocking.
 *
 * Shortcut: what comes after this look still resets. The real thing half-closes, and
 * reads until the client has closed, too, or for so long. */
void discard_input(int fd);

/* Says that a server which was told to stop waits for so many responses, if any. */
void waits_for_responses(long running);

/* Says, once, that clients have to queue, and why: see accept_may_succeed_later. `error`
 * is an errno. Then sleep for ACCEPT_PAUSE (in ns), and try again: to try at once, and
 * again, would cost a whole CPU. */
void cannot_accept_now(int error);
#define ACCEPT_PAUSE INT64_C(20000000)

#endif
