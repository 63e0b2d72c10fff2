#include "app/response.h"

#include "core/message.h"
#include "core/trace.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t response_line(char line[RESPONSE_LINE], const char *word, long number)
{
    return (size_t)snprintf(line, RESPONSE_LINE, "%s %ld\n", word, number);
}

void discard_input(int fd)
{
    char bytes[1024];
    int most = 64; /* a client that sends without end does not hold us */
    ssize_t n;

    do {
        n = read(fd, bytes, sizeof bytes);
        trace_call("read", fd, n);
    } while (n > 0 && --most > 0);
}

void waits_for_responses(long running)
{
    if (running > 0)
        message("%ld response%s still running; a second signal ends %s at once", running,
                running == 1 ? " is" : "s are", running == 1 ? "it" : "them");
}

void cannot_accept_now(int error)
{
    static bool said;

    if (!said)
        message("cannot accept more clients now: %s; they have to wait%s",
                strerror(error),
                error == EMFILE || error == ENFILE ? ". Raise ulimit -n" : "");
    said = true;
}
