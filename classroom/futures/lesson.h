/* What the programs of this lesson share. */
#ifndef LESSON_H
#define LESSON_H

#include "core/core.h"

#include <netinet/in.h>
#include <pthread.h>

/* First thing in main. `name`: of the program, for messages; `operands`: what it takes
 * besides the options, each in brackets: "[SECONDS]". Takes the options out of the
 * arguments: --explain, --step, --replay=FILE, --help, which all lessons with a task
 * have. The doctor looks on. */
void lesson_start(const char *name, const char *operands, int *argc, char **argv);

/* The same for a lesson that builds all itself: without a task there is no event log, and
 * so it shows none, and has no reactor, and no doctor. */
void lesson_without_tasks(const char *name, const char *operands, int *argc, char **argv);

/* Prints a title, and sets the clock of say() to 0. */
void part(const char *title);

/* Prints a line, after the seconds since the start, or since part(). From any thread. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same without the time. */
void say_untimed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Starts a thread, for pthread_join. Its name in the event log: "thread 1". From main or
 * a task. */
pthread_t start_thread(void *(*body)(void *), void *argument);

/* Blocks this thread, whatever signals come: not for a poll. */
void sleep_blocking(int64_t duration);

/* Two connected stream sockets, which do not block. */
void lesson_pair(int ends[2]);

/* Listens on a free port, `address`; blocks. `room`: as below. */
int lesson_listener(struct sockaddr_in *address, int room);

/* A socket that is connected to it, though nobody has accepted yet. */
int lesson_client(const struct sockaddr_in *address, int room);

/* A TCP connection, from ends[0] to ends[1], which blocks; `room`: so many bytes fit into
 * each of its buffers, 0: as many as usual. Shortcut: it takes whoever comes, as if
 * nobody else knew the port. */
void lesson_connection(int ends[2], int room);

/* For threads that may block: wait until some bytes have come (0: the end), or all are
 * written. `acting` says who fails if that goes wrong. */
ssize_t read_blocking(int fd, char *bytes, size_t length);
void write_blocking(int fd, const char *bytes, size_t length);

/* result, unless it is an error: then it fails, as they do. */
ssize_t checked(ssize_t result);

/* The first argument, seconds such as 0.2, in ns; else `usual` seconds. */
int64_t lesson_seconds(int argc, char **argv, double usual);

/* `text`, a number such as 100 or 64K (or M, or G), from `least` to `most`. */
int64_t lesson_number(const char *text, int64_t least, int64_t most);

#endif
