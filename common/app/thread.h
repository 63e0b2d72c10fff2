/* Threads that are counted. */
#ifndef APP_THREAD_H
#define APP_THREAD_H

#include <pthread.h>
#include <stddef.h>

/* Enough for what our threads do. The usual 8 MiB are too many addresses for
 * thousands. */
#define SMALL_STACK ((size_t)256 * 1024)

/* Starts body(argument) on a thread with `stack` bytes (0: as many as is usual here).
 * `thread`: by which to join it; NULL: it is detached. The body first calls
 * thread_began(), with its name for the event log ("client", 3; 0 is left out), and
 * thread_ended() when it is nearly done. Returns 0, or an errno: EAGAIN when there can be
 * no more threads. */
int thread_start(pthread_t *thread, size_t stack, void *(*body)(void *), void *argument);
void thread_began(const char *kind, long number);
void thread_ended(void);

long thread_count(void); /* that run now, with the main thread */
long thread_peak(void);  /* the most that ran at once */

#endif
