#include "cli/thread.h"

#include "base/trace.h"
#include "view/dump.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Enough for what our threads do. The usual 8 MiB are too many addresses for
 * thousands. */
#define STACK ((size_t)256 * 1024)

/* Where a thread is noted. Places are never freed but used again, and the list of all
 * only grows: so a signal handler can walk it without a lock. */
struct place {
    struct call call;           /* that the thread is in */
    _Atomic(const char *) kind; /* NULL: no thread is here */
    atomic_long number;
    struct place *next; /* in that list */
    struct place *next_unused;
};
static _Atomic(struct place *) places;
static _Thread_local struct place *mine;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_long count = 1; /* the main thread */
static atomic_long peak = 1;
static struct place *unused; /* lock must be held when using it */

/* The lock is held meanwhile, for the thread may end before pthread_create is back. */
static int create(pthread_t *thread, const pthread_attr_t *attributes,
                  void *(*body)(void *), void *argument)
{
    pthread_mutex_lock(&lock);
    int error = pthread_create(thread, attributes, body, argument);
    if (error == 0 && ++count > peak)
        peak = count;
    pthread_mutex_unlock(&lock);
    return error;
}

int thread_start(pthread_t *thread, void *(*body)(void *), void *argument)
{
    pthread_t detached;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_attr_setstacksize(&attributes, STACK);
    if (error == 0)
        error = create(thread != NULL ? thread : &detached, &attributes, body, argument);
    if (error == 0 && thread == NULL)
        error = pthread_detach(detached);
    pthread_attr_destroy(&attributes);
    return error;
}

/* pthread_create says EAGAIN of either: so we ask for memory ourselves, and for more than
 * malloc may have kept for small things. */
const char *thread_advice(int error)
{
    enum { MUCH = 128 << 20 };
    void *memory = error == ENOMEM ? NULL : malloc(MUCH);

    free(memory);
    return memory != NULL ? "raise ulimit -u" : "memory has run out: raise ulimit -v";
}

void thread_began(const char *kind, long number)
{
    pthread_mutex_lock(&lock);
    mine = unused;
    if (mine != NULL)
        unused = mine->next_unused;
    else {
        mine = allocate(1, sizeof *mine);
        mine->next = places;
        places = mine;
    }
    pthread_mutex_unlock(&lock);
    mine->number = number;
    mine->kind = kind;
    under_way = &mine->call;
    acting = (struct actor){kind, number};
    trace(OS_THREAD, .fd = 0);
}

void thread_ended(void)
{
    trace(OS_EXIT, .fd = 0);
    under_way = NULL;
    mine->kind = NULL;
    pthread_mutex_lock(&lock);
    mine->next_unused = unused;
    unused = mine;
    count--;
    pthread_mutex_unlock(&lock);
}

long thread_count(void)
{
    return count;
}

long thread_peak(void)
{
    return peak;
}

/* ---- SIGQUIT ---- */

static void on_quit(int signal_number)
{
    int saved_errno = errno;

    (void)signal_number;
    for (struct place *place = places; place != NULL; place = place->next) {
        const char *kind = place->kind;
        if (kind != NULL)
            dump_call(&place->call, kind, place->number);
    }
    errno = saved_errno;
}

void threads_show_on_quit(void)
{
    struct sigaction action = {.sa_handler = on_quit, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGQUIT, &action, NULL) != 0)
        fail("cannot handle SIGQUIT: %s", strerror(errno));
}
