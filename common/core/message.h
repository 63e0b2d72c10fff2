/* What we tell a person on stderr: one line, "program: message". */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include <stddef.h>

extern const char *program_name; /* set once, first thing in main */

void message(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the message and ends the program with exit status 1. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* calloc and realloc that never return NULL. Memory policy: when there is none left we
 * say so and end; a future that cannot be stored cannot be waited for either. */
void *allocate(size_t count, size_t size);
void *reallocate(void *old, size_t count, size_t size);

#endif
