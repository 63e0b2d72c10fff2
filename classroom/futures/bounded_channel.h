/* A queue of values from many senders, tasks or threads, to one task. When it is full, a
 * task that sends is PENDING, and a thread waits. When a place is free, the first in line
 * has its value in it at once: nobody is overtaken, and no wake is lost with a dropped
 * sender. Shortcut: senders do not learn that the receiver is gone. (sync_channel) */
#ifndef BOUNDED_CHANNEL_H
#define BOUNDED_CHANNEL_H

#include "core/core.h"

#include <pthread.h>

enum { CHANNEL_CAPACITY = 2 };

/* Begin with the lock, the condition and the number of senders; the rest is zero. */
struct channel {
    pthread_mutex_t lock;
    pthread_cond_t moved; /* the value of somebody who waited is in the queue */
    /* lock must be held when using these: */
    int senders; /* that are not yet done; 0: the channel is closed */
    long queue[CHANNEL_CAPACITY];
    size_t sent, received;   /* so many values, since the beginning */
    struct send_to *waiting; /* for room; the first in line comes first */
    struct waker receiver;
};

/* Blocks this thread until there is room: not for the executor's thread. */
void channel_send_blocking(struct channel *channel, long value);

/* One sender fewer. From any thread. */
void channel_sender_done(struct channel *channel);

/* READY when the value is in the queue. Dropped before, it leaves the line. */
struct send_to {
    struct future future;
    struct channel *channel;
    long value;
    /* channel->lock must be held when using these: */
    enum { NOT_YET, IN_LINE, SENT } state;
    struct waker waker; /* nobody: a thread, which waits for `moved` */
    struct send_to *next;
};
struct send_to send_to(struct channel *channel, long value);

/* READY with a value, or when the channel is empty and closed. Dropped, it loses none. */
struct receive_from {
    struct future future;
    struct channel *channel;
    long value;
    bool closed; /* there is no value, and will be none */
};
struct receive_from receive_from(struct channel *channel);

#endif
