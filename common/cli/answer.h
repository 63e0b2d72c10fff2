/* What a client receives, what it makes of it, and what can go wrong: all of a client
 * that does not wait, and so is the same for threads and for futures. */
#ifndef ANSWER_H
#define ANSWER_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes are kept until their line is whole, so that the lines of many clients do not
 * mix. */
struct answer {
    char bytes[24];
    uint8_t length;
    bool whole;    /* the last line was an end line */
    bool mid_line; /* the beginning of the line was printed before */
};

/* Takes note of `n` bytes that were read to bytes + length, and prints the lines that are
 * whole by now; a line that is longer than the buffer is printed in parts. n is 0 at the
 * end of the stream: what is left is printed. Returns 0, or -errno of a stdout that
 * fails. */
int answer_received(struct answer *answer, size_t n);

/* Counts the client: completed if its answer is whole. */
void answer_ended(const struct answer *answer);

/* Count a client that failed, with the reason and what to do. `error` is an errno. The
 * last two: its --timeout, which is `timeout` ns, went by while it connected to
 * `address`, or while it read. The first that gives up has the doctor look at the
 * tasks. */
void failed_to_connect(const struct addrinfo *address, int error);
void failed_to_read(int error);
void failed_to_print(int error);
void gave_up_connecting(const struct addrinfo *address, int64_t timeout);
void gave_up_reading(int64_t timeout);

#endif
