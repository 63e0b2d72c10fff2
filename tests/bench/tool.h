/* What load and idle share. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)

extern const char *program; /* its name, for messages; main sets it */

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void usage(const char *arguments);

/* An argument that must be a number from `least` to `most`. */
long number(const char *text, long least, long most);

int64_t now(void); /* ns */
void raise_descriptor_limit(void);

/* A connection to 127.0.0.1, which blocks. */
int connect_to_port(int port);

/* What a process has used so far, of all its threads that live: CPU in ns, memory in
 * bytes. */
int64_t cpu_of(long pid);
int64_t memory_of(long pid);

#endif
