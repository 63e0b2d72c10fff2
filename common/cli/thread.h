/* Threads that have names, are counted, and can be listed. */
#ifndef THREAD_H
#define THREAD_H

#include <pthread.h>

/* Starts body(argument) on a thread. `thread`: by which to join it; NULL: it is detached.
 * The body first calls thread_began(), with its name ("client", 3; 0 is left out; `kind`
 * lives as long as the program), and thread_ended() when it is nearly done. Returns 0, or
 * an errno: EAGAIN when there can be no more threads. */
int thread_start(pthread_t *thread, void *(*body)(void *), void *argument);
void thread_began(const char *kind, long number);
void thread_ended(void);

/* What to do about an errno of thread_start: "raise ulimit -u". */
const char *thread_advice(int error);

long thread_count(void); /* that run now, with the main thread */
long thread_peak(void);  /* the most that ran at once */

/* From now on SIGQUIT (Ctrl-\) prints each thread, and the call that it is in. */
void threads_show_on_quit(void);

#endif
