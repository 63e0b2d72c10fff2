/* The doctor: looks at each task and each poll, and says what is likely wrong. */
#ifndef CORE_DOCTOR_H
#define CORE_DOCTOR_H

#include "core/trace.h"

/* After each poll, which took so many ns. */
void doctor_looks_at_poll(const struct actor *task, int64_t took);

/* At the end of each task. */
void doctor_looks_at_task(const struct actor *task, uint32_t polls, uint32_t self_wakes);

/* At the end of the run. Warns, in one line each, of tasks that woke themselves in over
 * half of their polls, if these were 10 or more, and of polls that took over 50 ms. */
void doctor_warns(void);

/* Says, in one line, what the stuck task said last, and the likely mistake. */
void doctor_says_why_stuck(const struct actor *task, struct last_words last);

#endif
