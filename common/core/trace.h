/* The event log: what happened, when, and to which task. Whoever wants to look at it
 * listens: see view/. When nobody does, an event costs one branch, and some are counted.
 *
 *     EXEC     the executor spawns, queues, polls and finishes tasks
 *     FUTURE   a future is ready, or returns PENDING and says what it waits for
 *     REACTOR  keeps wakers, waits, is told what is ready, wakes
 *     OS       a system call, and what it returned */
#ifndef CORE_TRACE_H
#define CORE_TRACE_H

#include "core/system.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum role { EXEC, FUTURE, REACTOR, OS };

/* The first word of each is its role. Besides time and actor, an event has what is said
 * here; and `other` of an EXEC event is whoever acted. */
enum event_kind {
    EXEC_TURN,    /* the executor polls what is queued; number: so many */
    EXEC_SPAWN,   /* a task is made and queued; number: length of the run queue then */
    EXEC_WAKE,    /* a task is queued again; number: length of the run queue then */
    EXEC_POLL,    /* a task leaves the queue, and is polled; number: what is left in it */
    EXEC_PENDING, /* its poll returned PENDING; its first, or something became ready */
    EXEC_WASTED,  /* its poll returned PENDING, and nothing had become ready */
    EXEC_DONE,    /* its poll returned READY */
    EXEC_CANCEL,  /* its future is dropped before that */

    FUTURE_READY,  /* word: which future; fd; number: its result; other: whom it joined */
    FUTURE_WAITS,  /* for fd; word: readable or writable */
    FUTURE_SLEEPS, /* number: for so many ns */
    FUTURE_JOINS,  /* other: waits for the end of that task */
    FUTURE_ASKS,   /* word: waits for something else, which will wake it */

    REACTOR_WATCH,  /* keeps the actor's waker; fd; word */
    REACTOR_WAIT,   /* starts to wait; number: at most so many ns, -1: no limit;
                     * fd: on so many descriptors */
    REACTOR_READY,  /* fd is ready; word; other: whom it wakes */
    REACTOR_TIME,   /* a deadline has come; other: whom it wakes */
    REACTOR_WAITED, /* goes back to the executor; number: that of its REACTOR_WAIT */

    OS_START,  /* a call that may block; word: its name; fd */
    OS_CALL,   /* word: its name; fd; number: what it returned, or -errno */
    OS_THREAD, /* a thread starts */
    OS_EXIT,   /* a thread ends */

    EVENT_KINDS
};

enum role role_of(enum event_kind kind);

/* Whether `number` says how long the run queue is. */
bool tells_queue_length(enum event_kind kind);

/* Who acts: a task, a thread, or the reactor. */
struct actor {
    const char *kind; /* kind and number are its name: "client", 3; NULL: has none */
    long number;      /* 0: left out */
};

/* Writes "client 3", or "". */
enum { ACTOR_NAME = 64 };
void actor_name(const struct actor *actor, char name[ACTOR_NAME]);

struct event {
    int64_t time; /* ns since the start of the log */
    enum event_kind kind;
    int fd;
    struct actor actor; /* whom it happened to, or who did it */
    struct actor other;
    const char *word;
    int64_t number;
};

/* From now on the listener gets all events, one after the other, in the order of their
 * times. Call it before there is a second thread. A listener must not cause events. */
void trace_listen(void (*listener)(const struct event *event));

/* If not NULL, called before each turn of the executor. It may take its time: it is no
 * listener, and other threads, and their events, go on meanwhile. */
extern void (*before_turn)(void);

/* No listener gets anything any more. */
void trace_end(void);

/* ---- for those who cause events ---- */

/* Who acts on this thread now. Never NULL. */
extern _Thread_local const struct actor *acting;

/* How often each kind happened, but for those of the role OS. They need no lock: only the
 * executor's thread counts, but for EXEC_WAKE, which any thread counts while it holds the
 * lock of the run queue. */
extern uint64_t trace_counts[EVENT_KINDS];

#ifdef WITHOUT_EVENT_LOG /* for the bench: what does it cost? */
#define trace_on false
#else
extern bool trace_on; /* somebody has asked to listen */
#endif

/* What the poll that is under way has said last of why it is PENDING; EXEC_POLL: nothing.
 * This is kept when nobody listens, too: see doctor.h. */
struct last_words {
    enum event_kind kind;
    int fd;
};
extern struct last_words last_words;

/* How many ns the listeners have taken for the events of this thread. */
extern _Thread_local int64_t trace_spent;

/* Never changes errno. `other` may be NULL. */
void trace_event(enum event_kind kind, const struct actor *actor,
                 const struct actor *other, const char *word, int fd, int64_t number);

/* `other` of the event is whoever acts now. */
static inline void trace_exec(enum event_kind kind, const struct actor *task,
                              int64_t number)
{
    trace_counts[kind]++;
    if (trace_on)
        trace_event(kind, task, acting, NULL, -1, number);
}

static inline void trace(enum event_kind kind, const struct actor *other,
                         const char *word, int fd, int64_t number)
{
    trace_counts[kind]++;
    if (trace_on)
        trace_event(kind, acting, other, word, fd, number);
}

/* A future says what it waits for, before it returns PENDING. */
static inline void trace_pending(enum event_kind kind, const struct actor *other,
                                 const char *word, int fd, int64_t number)
{
    last_words = (struct last_words){kind, fd};
    trace(kind, other, word, fd, number);
}

/* How many system calls this thread has said it made, and how many would have blocked. */
struct calls {
    uint64_t made;
    uint64_t would_block;
};
extern _Thread_local struct calls calls;

/* From any thread, right after the call: errno says why it failed. */
static inline void trace_call(const char *call, int fd, ssize_t result)
{
    calls.made++;
    calls.would_block += result < 0 && would_block(errno);
    if (trace_on)
        trace_event(OS_CALL, acting, NULL, call, fd, result < 0 ? -errno : result);
}

/* From any thread, right before a call that may block. */
static inline void trace_start(const char *call, int fd)
{
    if (trace_on)
        trace_event(OS_START, acting, NULL, call, fd, 0);
}

static inline void trace_thread(enum event_kind kind)
{
    if (trace_on)
        trace_event(kind, acting, NULL, NULL, -1, 0);
}

#endif
