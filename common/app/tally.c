#include "app/tally.h"

#include "app/copying.h"
#include "core/message.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* while clients run, lock must be held when using these: */
static struct tally clients;
static long responses_started;
static long responses_completed;
static char why_first[512];

static void count(long *number)
{
    pthread_mutex_lock(&lock);
    ++*number;
    pthread_mutex_unlock(&lock);
}

void client_completed(void)
{
    count(&clients.completed);
}

void client_failed(const char *why, ...)
{
    va_list arguments;

    va_start(arguments, why);
    pthread_mutex_lock(&lock);
    if (clients.failed++ == 0)
        vsnprintf(why_first, sizeof why_first, why, arguments);
    pthread_mutex_unlock(&lock);
    va_end(arguments);
}

void count_response_started(void)
{
    count(&responses_started);
}

void count_response_completed(void)
{
    count(&responses_completed);
}

struct tally tally_of(enum mode mode)
{
    pthread_mutex_lock(&lock);
    struct tally tally = clients;
    if (mode == SERVE) {
        tally.completed = responses_completed;
        tally.failed = responses_started - responses_completed;
    }
    pthread_mutex_unlock(&lock);
    return tally;
}

int tally_verdict(const struct options *options)
{
    struct tally tally = tally_of(options->mode);

    if (options->mode == COPY)
        return copying_verdict();
    if (options->mode == SERVE || tally.failed == 0)
        return EXIT_SUCCESS;
    message("%ld of %ld clients failed: %s", tally.failed, options->clients, why_first);
    return EXIT_FAILURE;
}
