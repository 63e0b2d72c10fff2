/* What load, idle and growth share. */
#ifndef BENCH_TOOL_H
#define BENCH_TOOL_H

#include "base/base.h"

/* The command line is wrong: ends the program with exit status 2. */
_Noreturn void usage(const char *arguments);

/* An argument that must be a number from `least` to `most`. */
long number(const char *text, long least, long most);

void raise_descriptor_limit(void);

/* A connection to 127.0.0.1, which blocks. */
int connect_to_port(int port);

/* What a process has used so far, of all its threads that live: CPU in ns, memory in
 * bytes. */
int64_t cpu_of(long pid);
int64_t memory_of(long pid);

#endif
