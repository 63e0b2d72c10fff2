#include "cli/thread.h"

#include "base/trace.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- SIGQUIT: without printf, and without locks, as in any signal handler ---- */

static atomic_flag busy = ATOMIC_FLAG_INIT; /* one at a time may use these: */
static char line[200];
static size_t length;

static void add(const char *text)
{
    while (*text != '\0' && length < sizeof line)
        line[length++] = *text++;
}

static void add_number(const char *before, long number)
{
    char digits[24] = "";
    size_t first = sizeof digits - 1;

    for (long rest = number; rest > 0; rest /= 10)
        digits[--first] = (char)('0' + rest % 10);
    add(number > 0 ? before : "");
    add(digits + first);
}

/* "stage2: response 3 is in read, fd 7" */
static void print_place(const char *kind, long number, const char *call, int fd)
{
    length = 0;
    add(program_name);
    add(": ");
    add(kind);
    add_number(" ", number);
    add(call != NULL ? " is in " : " runs");
    add(call != NULL ? call : "");
    add_number(", fd ", call != NULL ? fd : 0);
    add("\n");
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* whom should we tell? */
}

static void on_quit(int signal_number)
{
    int saved_errno = errno;

    (void)signal_number;
    if (atomic_flag_test_and_set(&busy))
        return;
    for (struct place *place = places; place != NULL; place = place->next) {
        const char *kind = place->kind;
        if (kind != NULL)
            print_place(kind, place->number, place->call.name, place->call.fd);
    }
    atomic_flag_clear(&busy);
    errno = saved_errno;
}

void threads_show_on_quit(void)
{
    struct sigaction action = {.sa_handler = on_quit, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGQUIT, &action, NULL) != 0)
        fail("cannot handle SIGQUIT: %s", strerror(errno));
}
