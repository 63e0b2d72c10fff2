#include "app/resolve.h"

#include "app/net.h"
#include "app/thread.h"
#include "core/message.h"
#include "core/task.h"
#include "core/trace.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What the future and its thread share. Whichever ends last frees it. */
struct lookup {
    pthread_mutex_t lock;
    /* lock must be held when using these, but that nothing changes once it is done: */
    bool done;
    bool dropped; /* nobody wants to know any more */
    struct waker waker;
    struct addrinfo *addresses;
    const char *why_not;
    /* set before the thread starts: */
    int port;
    char host[];
};

static void lookup_free(struct lookup *lookup)
{
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void *lookup_main(void *argument)
{
    struct lookup *lookup = argument;
    struct addrinfo *addresses = NULL;

    thread_began("lookup", 0);
    const char *why_not = net_find(lookup->host, lookup->port, 0, &addresses);

    pthread_mutex_lock(&lookup->lock);
    lookup->done = true;
    lookup->addresses = addresses;
    lookup->why_not = why_not;
    bool dropped = lookup->dropped;
    struct waker waker = lookup->waker;
    pthread_mutex_unlock(&lookup->lock);

    if (!dropped)
        wake(waker);
    else {
        if (why_not == NULL)
            freeaddrinfo(addresses);
        lookup_free(lookup);
    }
    thread_ended();
    helper_finished();
    return NULL;
}

static struct lookup *lookup_start(struct resolve *self, struct waker waker)
{
    size_t length = strlen(self->host) + 1;
    struct lookup *lookup = allocate(1, sizeof *lookup + length);

    memcpy(lookup->host, self->host, length);
    lookup->port = self->port;
    lookup->waker = waker;
    pthread_mutex_init(&lookup->lock, NULL);

    helper_started();
    int error = thread_start(NULL, 0, lookup_main, lookup);
    if (error != 0)
        fail("cannot start a thread to find host '%s': %s; "
             "raise ulimit -u, or give --host a numeric address",
             self->host, strerror(error));
    return lookup;
}

/* Whether the thread is done; if not, it will wake `waker`. */
static bool lookup_is_done(struct lookup *lookup, struct waker waker)
{
    pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    lookup->waker = waker; /* the new one: our task may be another than last time */
    pthread_mutex_unlock(&lookup->lock);
    return done;
}

static enum poll_result still_looking(void)
{
    trace_pending(FUTURE_ASKS, NULL, "the thread that looks up the host", -1, 0);
    return PENDING;
}

static enum poll_result found(const struct resolve *self)
{
    const char *name = self->why_not == NULL ? "resolve" : "resolve, without an address,";

    trace(FUTURE_READY, NULL, name, -1, 0);
    return READY;
}

static enum poll_result resolve_poll(struct future *future, struct context *cx)
{
    struct resolve *self = container_of(future, struct resolve, future);

    if (self->lookup == NULL) {
        self->why_not =
            net_find(self->host, self->port, AI_NUMERICHOST, &self->addresses);
        if (self->why_not == NULL)
            return found(self);
        self->lookup = lookup_start(self, cx->waker);
        return still_looking();
    }
    if (!lookup_is_done(self->lookup, cx->waker))
        return still_looking();
    self->addresses = self->lookup->addresses;
    self->why_not = self->lookup->why_not;
    lookup_free(self->lookup);
    self->lookup = NULL;
    return found(self);
}

static void resolve_drop(struct future *future)
{
    struct resolve *self = container_of(future, struct resolve, future);
    struct lookup *lookup = self->lookup;

    if (lookup == NULL)
        return;
    pthread_mutex_lock(&lookup->lock);
    bool done = lookup->done;
    lookup->dropped = true;
    pthread_mutex_unlock(&lookup->lock);
    if (done) {
        if (lookup->why_not == NULL)
            freeaddrinfo(lookup->addresses);
        lookup_free(lookup);
    }
    self->lookup = NULL;
}

struct resolve resolve(const char *host, int port)
{
    return (struct resolve){
        .future = {resolve_poll, resolve_drop},
        .host = host,
        .port = port,
    };
}
