/* Events, in words. */
#ifndef VIEW_WORDS_H
#define VIEW_WORDS_H

#include "view/text.h"

/* First: takes note of how the reactor waits: "sleeps in poll(2)". */
void words_start(const char *how);

/* In which call the reactor sleeps: "poll(2)"; NULL: it does not. */
const char *words_of_wait(void);

/* What happened, without time, role and actor: "read on fd 8 -> EAGAIN". The arrow is
 * UTF-8 if the locale is. */
struct words words_of_event(const struct event *event);

#endif
