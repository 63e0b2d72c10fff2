/* What a client receives, what it makes of it, and what can go wrong: all of a client
 * that does not wait, and so is the same for threads and for futures. */
#ifndef APP_ANSWER_H
#define APP_ANSWER_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes are kept until their line is whole, so that the lines of many clients do not
 * mix. What an echo should be is known: there it is enough to count. */
struct answer {
    char bytes[32];
    size_t length;
    bool whole; /* the last line was an end line; or the echo is the message */

    /* lines: */
    bool mid_line; /* the beginning of the line was printed before */

    /* with --echo: */
    bool differs;         /* something else has come */
    bool printed;         /* what came of the message is */
    const char *expected; /* the message; NULL: no --echo */
    size_t came;          /* so many bytes of it */
};

/* Takes note of `n` bytes that were read to bytes + length, and prints the lines that are
 * whole by now; a line that is longer than the buffer is printed in parts. n is 0 at the
 * end of the stream: what is left is printed. Returns 0, or -errno of a stdout that
 * fails. */
int answer_received(struct answer *answer, size_t n);

/* Counts the client: completed if its answer is whole, or the very message. */
void answer_ended(const struct answer *answer);

/* Count a client that failed, with the reason and what to do. `error` is an errno, or
 * GAVE_UP. */
void failed_to_connect(const struct addrinfo *address, int error, int64_t timeout);
void failed_to_send(int error, int64_t timeout);
void failed_to_read(int error, int64_t timeout);
void failed_to_print(int error);

#endif
