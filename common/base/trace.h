/* The event log: what happened, when, to whom, and which line caused it. Who wants to
 * look at it listens: see view/. When nobody does, an event costs one branch.
 *
 *     EXEC     the executor spawns, queues, polls and ends tasks
 *     FUTURE   a future is ready, or returns PENDING and says what it waits for
 *     REACTOR  keeps wakers for descriptors and deadlines, waits, wakes
 *     OS       a system call, and what it returned; a thread */
#ifndef TRACE_H
#define TRACE_H

#include "base/base.h"

#include <stdatomic.h>
#include <sys/types.h>

/* The first word of each is its role. Besides the actor, who acts or, of an EXEC event,
 * to which task it happens, an event has what is said here. */
enum event_kind {
    EXEC_TURN,    /* the executor polls all that are queued now; number: so many */
    EXEC_SPAWN,   /* a task is made and queued, by `other`; number: the queue's length */
    EXEC_WAKE,    /* a task is queued again, by `other`; number: the queue's length */
    EXEC_INBOX,   /* another thread, the actor, leaves a wake for the executor */
    EXEC_POLL,    /* a task leaves the queue, and is polled; number: what is left in it */
    EXEC_PENDING, /* its poll returned PENDING; its first, or one that got on: see next */
    EXEC_WASTED,  /* the same, but no future became READY in it, no task was made */
    EXEC_DONE,    /* its poll returned READY */
    EXEC_CANCEL,  /* its future is dropped before that, by `other` */
    EXEC_STUCK,   /* no task can ever be woken again; number: -1 */

    FUTURE_READY,  /* word: which future; fd; number: its result */
    FUTURE_WAITS,  /* for fd; word: readable or writable */
    FUTURE_SLEEPS, /* number: for so many ns */
    FUTURE_JOINS,  /* other: waits for the end of that task */
    FUTURE_ASKS,   /* word: waits for something else, which will wake it */

    REACTOR_WATCH,   /* keeps the waker of `other` for fd, word; nobody: gives it back */
    REACTOR_FORGET,  /* fd is about to be closed: its wakers are gone */
    REACTOR_TIMER,   /* keeps the waker of `other` for so many ns; fd: which deadline */
    REACTOR_UNTIMER, /* gives the waker of `other` back before that deadline */
    REACTOR_WAIT,    /* waits for fd descriptors, and number ns at most; -1: no limit */
    REACTOR_READY,   /* fd is ready, word; wakes `other`; nobody: who has come back? */
    REACTOR_TIME,    /* that deadline has come; wakes `other` */
    REACTOR_WAITED,  /* fd: so many are woken; number: that of its REACTOR_WAIT */
    REACTOR_WASTED,  /* the same, but it was to wait, and has woken nobody */

    OS_START,  /* a call that may block; word: its name; fd */
    OS_CALL,   /* word: its name; fd; number: what it returned, or -errno */
    OS_THREAD, /* a thread starts */
    OS_EXIT,   /* a thread ends */

    EVENT_KINDS
};

/* A task, a thread, or the reactor: "client", 3. NULL: has no name. 0: left out. */
struct actor {
    const char *kind; /* lives as long as the program */
    long number;
};

struct event {
    enum event_kind kind;
    int fd; /* 0: none, for stdin is not ours */
    const char *word;
    int64_t number;
    struct actor actor; /* may be left out: who acts on this thread */
    struct actor other;
    const char *where; /* which line caused it: "common/core/io.c:53" */
    int64_t time;      /* set by the log: ns since its start */
};

/* ---- for those who cause events ---- */

/* trace(OS_CALL, .word = "close", .fd = fd): causes an event. Changes no errno; what an
 * event has is worked out only if somebody listens. */
#define trace(event_kind, ...)                                                           \
    (trace_counts(event_kind)                                                            \
         ? trace_tell((struct event){.kind = (event_kind), .where = HERE, __VA_ARGS__})  \
         : (void)0)

#define HERE            __FILE__ ":" TEXT_OF(__LINE__)
#define TEXT_OF(number) TEXT(number)
#define TEXT(number)    #number

/* called("read", fd, read(fd, bytes, size)): makes the system call, which is under way
 * meanwhile, says what it returned, and returns that, or -errno. On a descriptor that
 * blocks, it says so before. */
#define called(name, fd, call)                                                           \
    (call_starts(name, fd, HERE), call_ended(name, fd, (call), HERE))

void call_starts(const char *name, int fd, const char *where);
ssize_t call_ended(const char *name, int fd, ssize_t result, const char *where);

/* Who acts on this thread now. */
extern _Thread_local struct actor acting;

/* Where called notes, for signal handlers, what this thread is in; NULL: nowhere. Its
 * name is NULL when it is in no call. */
struct call {
    _Atomic(const char *) name;
    atomic_int fd;
};
extern _Thread_local struct call *under_way;

/* ---- for those who listen ---- */

/* From now on the listener is told of these kinds (a bit, 1 << kind, for each), one event
 * after the other, in the order of their times. The same listener again: of these kinds
 * instead. A listener must not cause events. Call it before there is a second thread. */
void trace_listen(uint32_t kinds, void (*listener)(const struct event *event));

/* No listener is told anything any more. */
void trace_end(void);

/* How often each kind happened, but for those of other threads: INBOX and OS. */
extern uint64_t trace_count[EVENT_KINDS];

extern uint32_t trace_wanted; /* what anybody listens to */
void trace_tell(struct event event);

static inline bool trace_counts(enum event_kind kind)
{
    if (kind < OS_START && kind != EXEC_INBOX)
        trace_count[kind]++;
    return (trace_wanted & 1U << kind) != 0;
}

#endif
