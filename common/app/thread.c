#include "app/thread.h"

#include "core/trace.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock must be held when using these: */
static long count = 1; /* the main thread */
static long peak = 1;

/* The lock is held meanwhile, for the thread may end before pthread_create is back. */
static int create_and_count(pthread_t *thread, const pthread_attr_t *attributes,
                            void *(*body)(void *), void *argument)
{
    pthread_mutex_lock(&lock);
    int error = pthread_create(thread, attributes, body, argument);
    if (error == 0)
        count++;
    if (count > peak)
        peak = count;
    pthread_mutex_unlock(&lock);
    return error;
}

int thread_start(pthread_t *thread, size_t stack, void *(*body)(void *), void *argument)
{
    pthread_t ignored;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    if (stack != 0)
        error = pthread_attr_setstacksize(&attributes, stack);
    if (error == 0 && thread == NULL)
        error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (error == 0)
        error = create_and_count(thread == NULL ? &ignored : thread, &attributes, body,
                                 argument);
    pthread_attr_destroy(&attributes);
    return error;
}

void thread_began(const char *kind, long number)
{
    static _Thread_local struct actor self;

    self = (struct actor){.kind = kind, .number = number};
    acting = &self;
    trace_thread(OS_THREAD);
}

void thread_ended(void)
{
    trace_thread(OS_EXIT);
    pthread_mutex_lock(&lock);
    count--;
    pthread_mutex_unlock(&lock);
}

static long read_locked(const long *number)
{
    pthread_mutex_lock(&lock);
    long value = *number;
    pthread_mutex_unlock(&lock);
    return value;
}

long thread_count(void)
{
    return read_locked(&count);
}

long thread_peak(void)
{
    return read_locked(&peak);
}
