/* The least that a program on bare epoll, or bare poll, needs to wait: bare.c does the
 * work, and bare_epoll.c and bare_poll.c wait. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <poll.h> /* POLLIN, POLLOUT: epoll's have the same values */

struct source {
    int fd;
    int wanted; /* events that we wait for; 0: none, and not watched */
    void (*ready)(struct source *self);
};

/* Level-triggered. 0: none, for a while. */
void want(struct source *source, int events);

/* Its descriptor is closed. */
void forget(struct source *source);

/* Waits, at most so many ms (-1: no limit), and calls `ready` of each that is. */
void wait_once(int timeout);

#endif
