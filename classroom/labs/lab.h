/* What the programs of the labs share, those that are no stage. */
#ifndef LAB_H
#define LAB_H

#include "core/core.h"

/* First thing in main: the reactor, the views and the doctor. The options --step,
 * --explain[=ROLES], --trace=FILE and --replay=FILE are taken out of argv. */
void lab_start(const char *name, int *argc, char **argv);

/* Last thing in main: says how often tasks were polled, and returns the exit status. */
int lab_end(void);

/* The argument `place` (1: the first), a number from `least` to `most`; else `usual`. */
int64_t lab_number(int argc, char **argv, int place, int64_t usual, int64_t least,
                   int64_t most);

/* A non-blocking stream to whoever judges this run; -1: nobody does. */
int lab_peer(void);

#endif
