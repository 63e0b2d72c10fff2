/* Events, in words. */
#ifndef VIEW_WORDS_H
#define VIEW_WORDS_H

#include "core/trace.h"

/* A text that grows: what does not fit is cut off. */
struct words {
    char text[200];
    size_t length;
};
void words_add(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What happened, without time, role and actor: "read on fd 8 -> EAGAIN". The arrow is
 * UTF-8 if the locale is. */
struct words words_of_event(const struct event *event);

/* "client 3"; empty if it has no name. */
struct words words_of_actor(const struct actor *actor);

/* "EXEC" and so on. */
const char *role_name(enum role role);

#endif
