/* The executor: it owns the tasks, keeps those that were woken in a run queue, and polls
 * them.
 *
 *     spawn, wake --> [run queue] --> poll --> PENDING: waits until it is woken
 *                                        \---> READY: done; who joins it is woken
 *
 * One thread runs the executor, and only that thread may call what is declared here,
 * except helper_finished(). wake() is in future.h and may be called from everywhere. */
#ifndef CORE_TASK_H
#define CORE_TASK_H

#include "core/future.h"
#include "core/trace.h"

#include <stdbool.h>

/* Runs `main_future` and all that it spawns until it is READY; then cancels what is left.
 * main_future stays the caller's. (block_on, and the main loop of Part Two)
 *
 * When no task can run and nothing is left that could wake one, it says which tasks are
 * stuck, what they said last, and what is likely wrong, and exits 1. */
void block_on(struct future *main_future);

/* Makes a task of `future` and queues it. `future` comes from malloc, and the executor
 * drops and frees it. `kind` and `number` are the task's name: "client 3"; 0 is left out.
 * `kind` must live as long as the program: the log also names tasks that are gone. The
 * task is then joined, detached or cancelled, exactly once. (spawn, Spawner) */
struct task *spawn(struct future *future, const char *kind, long number);

/* Who would be woken, for the event log; NULL: nobody, or a task that is gone. */
const struct actor *waker_actor(struct waker waker);

/* Nobody will join it: the task is freed when it is done. (dropping a JoinHandle) */
void task_detach(struct task *task);

/* Drops the future of a task where it stands, and frees the task. (JoinHandle::abort) Who
 * joins it is woken. A task must not cancel itself. */
void task_cancel(struct task *task);

/* READY when the task is done, and frees it. Dropped before, it detaches it.
 * (JoinHandle) */
struct join_task {
    struct future future;
    struct task *task;
    uint64_t generation; /* of the task that is meant: it may be gone */
};
struct join_task join_task(struct task *task);

/* Cancels the task instead of joining it; does nothing if it is gone. */
void join_task_cancel(struct join_task *self);

/* PENDING once: lets all run that can run now. (yield_now) */
struct yield_now {
    struct future future;
    bool yielded;
};
struct yield_now yield_now(void);

/* From the first call to the second, some other thread is about to wake a task: an
 * executor that has nothing to do sleeps until then, instead of reporting a lost
 * waker. */
void helper_started(void);
void helper_finished(void); /* by that thread, after its wake */

#endif
