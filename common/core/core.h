/* The core of stages 3, 4 and 5.
 *
 *      task  --polls-->  future  --leaves a waker with-->  reactor or timer
 *        ^                                                        |
 *        +------------------------- wake(waker) ------------------+
 *
 * One thread runs it, and only that may use what is declared here, but for wake, helpers
 * and reactor_interrupt. Time is in ns. (In parentheses: its name in the sources.) */
#ifndef CORE_H
#define CORE_H

#include "base/trace.h"

#include <sys/socket.h>

/* ======== what a future is, and what wakes it ======== */

/* PENDING promises that a waker was left somewhere. (Poll) */
enum poll_result { PENDING, READY };

/* Which task, and which of those that have lived in its place. A small value: copy it
 * freely, it owns nothing. Whoever has it can wake the task, cancel it, or join it; when
 * it is gone, that does nothing, or is READY. All zero: nobody. (Waker, JoinHandle) */
struct waker {
    uint32_t place;
    uint32_t generation;
};

/* What a future is told while it is polled. (Context) */
struct context {
    struct waker waker; /* of the task that is being polled */
    int operations;     /* so many has this poll done: see io.c */
};

/* A struct embeds this, and holds all that must outlive a wait.
 *
 * It is never polled after READY. It may be copied until its first poll, unless it points
 * into itself, and must stay where it is after that: others may point into it. (Pin)
 * Whoever embeds a future must drop it, but for a READY one of io.c or timer.c, which
 * holds nothing. `drop` is right in every state, also before the first poll, after READY,
 * and twice: so to cancel a future is to drop it. (Future) */
struct future {
    enum poll_result (*poll)(struct future *self, struct context *cx);
    void (*drop)(struct future *self); /* NULL: nothing to release */
};

/* From an embedded struct back to the one that holds it. */
#define container_of(pointer, type, member)                                              \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline enum poll_result future_poll(struct future *future, struct context *cx)
{
    return future->poll(future, cx);
}

static inline void future_drop(struct future *future)
{
    if (future != NULL && future->drop != NULL)
        future->drop(future);
}

/* `return ready("read_some", fd, n);` and `return pending(cx, FUTURE_ASKS, .word = why);`
 * tell the event log, and what a task said last is kept. */
#define ready(which, of_fd, value)                                                       \
    (trace(FUTURE_READY, .word = (which), .fd = (of_fd), .number = (value)), READY)
#define pending(cx, event_kind, ...)                                                     \
    say_pending(cx, (struct event){.kind = (event_kind), .where = HERE, __VA_ARGS__})
enum poll_result say_pending(struct context *cx, struct event why);

/* ======== task.c: the executor ======== */

/* Puts the task at the end of the run queue, unless it is there already. From any thread,
 * but not from a signal handler. (Waker::wake) */
void wake(struct waker waker);

/* Runs `future` and all that it spawns until it is READY; then drops it, and cancels what
 * is left. When nothing can ever wake a task again, exits 1. Not for tasks. (block_on) */
void block_on(struct future *future);

/* Makes a task of `future`, the first member of what malloc gave: dropped and freed when
 * READY or cancelled. Its name: "client 3"; `kind` must never be freed. (spawn) */
struct waker spawn(struct future *future, const char *kind, long number);

/* Drops its future where it stands. A task must not cancel itself. (abort) */
void cancel(struct waker waker);

/* READY when the task is done or cancelled. Only one may wait: the last. (JoinHandle) */
struct join_task {
    struct future future;
    struct waker task;
};
struct join_task join_task(struct waker task);

/* So many threads are about to wake a task; while there are any, no task is stuck. Each
 * counts itself out after its wake, and then calls reactor_interrupt. */
extern atomic_int helpers;

struct actor name_of(struct waker waker); /* none: nobody, or a task that is gone */

/* For a dump: `visit` gets each waker that is kept (or nobody), and what said so; and, by
 * tasks_visit, that of each task, with what it said last (EXEC_SPAWN: was not polled;
 * EXEC_POLL: nothing), its name as actor, and in number whether it is queued. */
typedef void visit_waker(struct waker waker, const struct event *event);
void tasks_visit(visit_waker *visit);
void timers_visit(visit_waker *visit);
void reactor_visit(visit_waker *visit);

/* ======== io.c: leaf futures ======== */

enum interest { READABLE, WRITABLE };
static const char *const interest_word[2] = {"readable", "writable"};

/* One system call that may have to wait: it is tried, and when it would block, leaves its
 * waker with the reactor and is PENDING. Woken, it is tried again; so a spurious wake
 * does no harm. Dropped, it takes its waker back. (poll_fn) */
struct operation {
    struct future future;
    const char *name;
    ssize_t (*attempt)(struct operation *self); /* -EAGAIN: it would block */
    int fd;                                     /* non-blocking; closed after our drop */
    enum interest interest : 8;
    bool watched;     /* the reactor may have our waker */
    bool waits_first; /* copy_all expects that it would block: see reactor_watch */
    char *bytes;      /* read_exact and write_all move both on; of connect_to: the */
    size_t left;      /* address, and its length */
    ssize_t result;   /* -EINPROGRESS; when it is READY: as the kernel, or -errno */
};

/* result: a new connection, non-blocking, the caller's to close. (TcpAccept) */
struct operation accept_one(int listener);

/* result: 0, when fd is connected to the address, which must outlive it. (tcp_connect) */
struct operation connect_to(int fd, const struct sockaddr *address, socklen_t length);

/* result: how many bytes came, at least 1; 0: the other side is done. Dropped before, no
 * byte is lost. (poll_read, SocketRead) */
struct operation read_some(int fd, char *bytes, size_t length);

/* result: 0, when all have come; -ENODATA when the stream ends before. Dropped half-way,
 * the bytes that came are lost to the next reader; `left` did not. (read_exact) */
struct operation read_exact(int fd, char *bytes, size_t length);

/* result: 0, when all are written. Woken, it goes on where it had to wait, else the other
 * side would get the beginning again. (write_all) */
struct operation write_all(int fd, const char *bytes, size_t length);

void forget_and_close(int fd); /* the reactor forgets it, too */

/* ======== timer.c: deadlines ======== */

/* READY when `duration` has gone since this call, never earlier. (Sleep) */
struct sleep_for {
    struct future future;
    int64_t deadline;
    struct waker waker;
    uint32_t ticket; /* of equal deadlines, the one that was set first comes first */
    uint32_t place;  /* in the heap of deadlines; 0: not there */
};
struct sleep_for sleep_for(int64_t duration);

/* result: 0 when `inner` became READY, or -ETIMEDOUT when `duration` went by since this
 * call before that. When both have happened, inner wins. (timeout) */
struct timeout {
    struct future future;
    struct future *inner; /* the caller's; is dropped with this, and must not move */
    struct sleep_for sleep;
    ssize_t result;
};
struct timeout timeout(struct future *inner, int64_t duration);

int64_t timers_next(void); /* how long until the first deadline; -1: none. (WAKE_TIMES) */
void timers_fire(void);    /* wakes all whose time has come, the earliest first */

/* ======== combine.c: futures made of others, which are as `inner` above ======== */

/* READY when one of the two is; the other is dropped. Of both the first wins. (select) */
struct either {
    struct future future;
    struct future *first;
    struct future *second;
    bool first_won;
};
struct either either(struct future *first, struct future *second);

/* When `first` is READY, next(argument) makes the second one from its result, in memory
 * that outlives this future. READY when the second one is. (AndThenFut) */
struct and_then {
    struct future future;
    struct future *first;
    struct future *(*next)(void *argument);
    void *argument;
    struct future *second; /* NULL: not yet made */
};
struct and_then and_then(struct future *first, struct future *(*next)(void *argument),
                         void *argument);

/* READY when all are. Each child becomes a task; it comes from malloc, as in spawn, and
 * is freed when READY: what it finds out it must write elsewhere. (join!, join_all) */
struct join_all {
    struct future future;
    struct future **children; /* the caller's; NULL: they are tasks by now */
    struct waker *tasks;      /* NULL: there are none yet, or no more */
    size_t count;
    size_t joined; /* so many of them */
};
struct join_all join_all(struct future **children, size_t count);

/* From one stream to another, at most `size` bytes at once, until the end; result: 0 or
 * -errno. It reads only when all that it has read is written: so a slow receiver slows
 * the sender down, which is called back-pressure. (copy) */
struct copy_all {
    struct future future;
    enum { COPY_READING, COPY_WRITING } state;
    int from;
    int to;
    char *buffer; /* the caller's */
    size_t size;
    struct operation operation; /* one state, one wait */
    ssize_t result;
};
struct copy_all copy_all(int from, int to, char *buffer, size_t size);

/* ======== reactor.c of each stage, chosen when the program is linked ======== */

extern const char *const reactor_how; /* it waits, in words: "sleeps in poll(2)" */
extern size_t reactor_watching;       /* so many wakers it keeps */
void reactor_init(void);              /* once, before the first watch or wait */

/* Wakes `waker` once, when fd is ready or earlier: then try the call again. An error or a
 * hang-up makes fd ready both ways. A new waker takes the place of the old one; nobody's
 * takes it back. Of fd at most one task reads, and at most one writes. Leave a waker only
 * in the poll in which fd said that it would block, or a read got less than it asked for.
 * (POLL_FDS, set_readable_callback) */
void reactor_watch(int fd, enum interest interest, struct waker waker);

void reactor_forget(int fd); /* before its close: the next may have the same number */

/* Blocks until something is ready, `timeout` has gone (negative: no limit), or another
 * thread interrupts; or less: for a signal, or in stage 3 always. (libc::poll) */
void reactor_wait(int64_t timeout);
void reactor_interrupt(void); /* this wait, or the next. Signal handlers may, too */

#endif
