/* Bad habits, which the doctor warns of: polls that take long, tasks and reactors that
 * are busy and bring nothing. */
#ifndef VIEW_HABITS_H
#define VIEW_HABITS_H

#include "view/view.h"

/* Listens to the event log. If a person looks at the run while it happens, printing takes
 * time, too, and no poll is said to be long. A reactor that does not sleep is busy, of
 * course: then it is not said. */
void habits_start(const struct views *views);

/* At the end of the run, in one line each: tasks that were polled again and again in
 * vain; polls that took over 50 ms, if one took `least` ns or more. */
void habits_warn_of_busy_tasks(void);
void habits_warn_of_long_polls(int64_t least);

/* The handler of SIGCONT: the process was stopped for a while, and time has gone. */
void habits_was_stopped(int number);

#endif
