#include "app/stop.h"

#include "core/message.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static int stop_pipe[2];

/* Only what a signal handler may call. */
static void on_signal(int number)
{
    int saved_errno = errno;

    (void)number;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    ssize_t written = write(stop_pipe[1], "", 1); /* the pipe is empty: there is room */
    (void)written;
    errno = saved_errno;
}

int stop_descriptor(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    if (pipe(stop_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0)
        fail("cannot handle SIGINT and SIGTERM: %s", strerror(errno));
    return stop_pipe[0];
}
