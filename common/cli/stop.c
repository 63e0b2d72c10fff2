#include "cli/stop.h"

#include "base/base.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int stop_pipe[2];
static atomic_int first; /* signal; 0: none has come */
static atomic_llong first_time;
static void (*ends_us)(int) = SIG_DFL; /* what handled it before us: --replay, perhaps */

/* Not the run's clock, which may stand still. In ns. */
static long long real_time(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* `timeout -s INT` sends it to us, and then to our whole process group. */
static bool is_the_same_again(int number)
{
    return number == first && real_time() - first_time < 200 * NS_PER_MS;
}

/* Only what a signal handler may call. */
static void on_signal(int number)
{
    int saved_errno = errno;
    int none = 0;

    if (atomic_compare_exchange_strong(&first, &none, number)) {
        first_time = real_time();
        ssize_t written = write(stop_pipe[1], "", 1); /* it is empty: there is room */
        (void)written;
    } else if (!is_the_same_again(number)) {
        signal(number, ends_us);
        raise(number); /* which comes when this handler is back */
    }
    errno = saved_errno;
}

int stop_descriptor(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction before;

    if (pipe(stop_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    if (sigaction(SIGINT, &action, NULL) != 0 ||
        sigaction(SIGTERM, &action, &before) != 0)
        fail("cannot handle SIGINT and SIGTERM: %s", strerror(errno));
    if (before.sa_handler != SIG_IGN)
        ends_us = before.sa_handler;
    return stop_pipe[0];
}
