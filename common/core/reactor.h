/* The contract that stages 3, 4 and 5 each fulfil: wait for descriptors, wake tasks.
 *
 *     a future that cannot go on            the executor that has nothing to run
 *            | reactor_watch                       | reactor_wait
 *            v                                     v
 *     [ who waits for which descriptor ]  -->  the kernel: poll(2), epoll(7)
 *
 * Which reactor a program has is decided when it is linked. Only the executor's thread
 * may call these, except for reactor_interrupt. */
#ifndef CORE_REACTOR_H
#define CORE_REACTOR_H

#include "core/future.h"

#include <stdbool.h>

enum interest { READABLE, WRITABLE };

static inline const char *interest_word(enum interest interest)
{
    return interest == READABLE ? "readable" : "writable";
}

/* Once, before anything else. `second_choice`: the other value of the stage's own
 * option. */
void reactor_init(bool second_choice);

/* Wakes `waker` once, when fd is ready for `interest` or earlier: then try the call
 * again. An error or a hang-up makes fd ready for both. Call it only after fd said that
 * it would have to wait: EAGAIN, or EINPROGRESS of a connect (copy_all, in io.c, knows
 * when one need not ask). A new waker takes the place of the old one: at any time one
 * task may read from fd, and one may write to it. (POLL_FDS, set_readable_callback) */
void reactor_watch(int fd, enum interest interest, struct waker waker);

/* Before each close: else the next descriptor with this number would meet an old
 * waker. */
void reactor_forget(int fd);

/* Blocks until something is ready, `timeout` nanoseconds have gone (negative: no limit),
 * or another thread interrupts; and may return early: for a signal, or in stage 3
 * always. (the call of libc::poll) */
void reactor_wait(int64_t timeout);

/* Makes reactor_wait, now or the next time, return at once. From any thread. */
void reactor_interrupt(void);

#endif
