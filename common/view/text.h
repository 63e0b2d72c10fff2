/* Texts for a person: lines, names, numbers; and what kind of event has what. */
#ifndef VIEW_TEXT_H
#define VIEW_TEXT_H

#include "view/view.h"

/* A text that grows: what does not fit is cut off. */
struct words {
    char text[200];
    size_t length;
};
void words_add(struct words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* At most 400 bytes on stderr. */
void words_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "client 3"; empty if it has no name. */
struct words words_of_actor(const struct actor *actor);

bool same_actor(const struct actor *one, const struct actor *other);

/* "1,234,567" */
struct words words_of_number(uint64_t number);

/* "poll(2)" of "sleeps in poll(2)"; NULL: it does not sleep. */
const char *call_to_sleep(const char *how);

enum role role_of(enum event_kind kind);

/* "EXEC" and so on. */
const char *role_name(enum role role);

/* Whether `number` says how long the run queue is. */
bool tells_queue_length(enum event_kind kind);

#endif
