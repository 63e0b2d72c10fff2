/* What the programs of this lesson share. */
#ifndef LESSON_H
#define LESSON_H

#include "core/future.h"

#include <pthread.h>

/* First thing in main. `name`: of the program, for messages. */
void lesson_start(const char *name);

/* Prints a title, and sets the clock of say() to 0. */
void part(const char *title);

/* Prints a line, after the seconds since the start, or since part(). From any thread. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without the time. */
void say_untimed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Starts a thread, for pthread_join. */
pthread_t start_thread(void *(*body)(void *), void *argument);

/* Two connected stream sockets, which do not block. */
void lesson_pair(int ends[2]);

/* The first argument, seconds such as 0.2, in ns; else `usual` seconds. */
int64_t lesson_seconds(int argc, char **argv, double usual);

#endif
