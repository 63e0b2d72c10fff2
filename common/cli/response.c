#include "cli/response.h"

#include "base/trace.h"
#include "cli/tally.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_long started;
static atomic_long ended;
static atomic_long whole_ones;

size_t response_line(char line[RESPONSE_LINE], const char *word, long number)
{
    return (size_t)snprintf(line, RESPONSE_LINE, "%s %ld\n", word, number);
}

void response_starts(void)
{
    started++;
}

void response_ends(bool whole)
{
    whole_ones += whole;
    ended++;
}

long responses_running(void)
{
    return started - ended;
}

struct tally responses_tally(void)
{
    return (struct tally){whole_ones, started - whole_ones};
}

void discard_input(int fd)
{
    char bytes[1024];
    int most = 64; /* a client that sends without end does not hold us */
    ssize_t n;

    do
        n = called("read", fd, read(fd, bytes, sizeof bytes));
    while (n > 0 && --most > 0);
}

void say_waits_for_responses(void)
{
    long running = responses_running();

    if (running > 0)
        message("%ld response%s still running; a second signal ends %s at once", running,
                running == 1 ? " is" : "s are", running == 1 ? "it" : "them");
}

static bool may_succeed_later(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
           error == EPERM || error == ENETDOWN || error == ENETUNREACH ||
           error == EHOSTUNREACH;
}

void accept_failed(int error)
{
    static bool said;

    if (!may_succeed_later(error))
        fail("cannot accept: %s; start the server again", strerror(error));
    if (!said)
        message("cannot accept more clients now: %s; they have to wait%s",
                strerror(error), error == EMFILE ? ". Raise ulimit -n" : "");
    said = true;
}
