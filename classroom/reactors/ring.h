/* The two rings of io_uring(7), in memory that the kernel sees, too: requests, which we
 * write and it reads, and answers, the other way round. There is one pair. */
#ifndef RING_H
#define RING_H

#include "base/base.h"

void ring_init(void); /* exits 1 if the system refuses it */

extern int ring_fd; /* is readable when there is an answer */

/* Each writes a request, which is sent by the next ring_enter (or, when there is no room,
 * now). It is answered once, in its own time; the answer has the request's name. */
void ring_poll(int fd, uint16_t events,
               int name); /* when one of these, of poll(2), comes */
void ring_read(int fd, char *bytes, uint32_t length,
               int name);              /* the kernel's till then */
void ring_cancel(int other, int name); /* which is answered now, unless it was already */

/* Sends all requests, and waits for an answer, or until timeout ns have gone (negative:
 * no limit; 0: does not wait); or less. Nothing else here is a system call. The event log
 * is told how many requests that were: so many calls were saved, but this one. */
void ring_enter(int64_t timeout);

bool ring_has_work(void); /* for an enter that does not wait */

/* The next answer: its name, and what it says (if that is not NULL) as the kernel, or
 * -errno. False: there is none. */
bool ring_take(int *name, int *result);

#endif
