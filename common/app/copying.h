/* The copy mode, but for its waiting: what is the same for threads and for futures.
 *
 *     sender --[connection]--> copier --[connection]--> receiver
 *
 * The sender sends so many bytes, and closes. The copier reads and writes until the end
 * of the stream. The receiver reads until then. (Lesson 11, exercise 4) */
#ifndef APP_COPYING_H
#define APP_COPYING_H

#include "app/options.h"

#include <stddef.h>
#include <stdint.h>

/* Four ends of two connections; each is closed by whom it belongs to. */
struct copying {
    int sender;
    int copier_in;
    int copier_out;
    int receiver;
};

/* Makes the connections, over loopback. The time begins to count. */
struct copying copying_start(const struct options *given);

/* For the sender: the next bytes to send; NULL when there are no more. */
const char *copying_next(size_t *length);

/* For the receiver: takes note of what it got. */
void copying_received(const char *bytes, size_t n);

/* The sender, copier or receiver cannot go on. The first to say so is to blame: the
 * others fail because it is gone. `error` is an errno. From any thread. */
void copying_failed(const char *who, int error);

/* At the end of each thread: adds up the system calls that it made. */
void copying_count_calls(void);

/* All is done: the time ends, and what copying_next returned is freed. */
void copying_end(void);

struct copy_result {
    int64_t bytes; /* that arrived */
    double bytes_per_second;
    uint64_t system_calls; /* reads, writes, closes, and those of the reactor */
    uint64_t would_blocks; /* those that answered EAGAIN */
};
struct copy_result copying_result(void);

/* The exit status that is due. Says in one line what went wrong, if something did. */
int copying_verdict(void);

#endif
