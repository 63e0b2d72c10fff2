/* The command line of a lesson: what lesson_start needs of it. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "view/view.h"

/* Takes the options out of argv, and notes in `views` what they ask for. `operands`: as
 * in lesson_start. Answers --help itself and exits 0; a mistake gets one line, and exit
 * status 2. */
void arguments_take(struct views *views, const char *operands, int *argc, char **argv);

#endif
