#include "app/answer.h"

#include "app/net.h"
#include "app/stage.h"
#include "app/tally.h"
#include "core/system.h"

#include <errno.h>
#include <string.h>

/* How many of the bytes to print now: up to the last newline, or all if there is no
 * room. */
static size_t printable(const struct answer *answer)
{
    for (size_t n = answer->length; n > 0; n--)
        if (answer->bytes[n - 1] == '\n')
            return n;
    return answer->length == sizeof answer->bytes ? answer->length : 0;
}

/* Whether the last of so many bytes are a whole line "end k". */
static bool is_end_line(const struct answer *answer, size_t length)
{
    const char *bytes = answer->bytes;
    size_t start = length - 1;

    while (start > 0 && bytes[start - 1] != '\n')
        start--;
    if (bytes[length - 1] != '\n' || (start == 0 && answer->mid_line))
        return false;
    return length - start > 4 && memcmp(bytes + start, "end ", 4) == 0;
}

/* What is as expected is printed when it is whole, or at the end; all else at once. */
static int echo_received(struct answer *answer, size_t n)
{
    const char *rest = answer->expected + answer->came;
    bool same =
        !answer->differs && strnlen(rest, n) == n && memcmp(answer->bytes, rest, n) == 0;

    if (same)
        answer->came += n;
    answer->differs = !same;
    answer->whole = same && answer->expected[answer->came] == '\0';
    if (same && n > 0 && !answer->whole)
        return 0;
    int error = answer->printed ? 0 : print_all(answer->expected, answer->came);
    answer->printed = true;
    return error == 0 && !same ? print_all(answer->bytes, n) : error;
}

int answer_received(struct answer *answer, size_t n)
{
    if (answer->expected != NULL)
        return echo_received(answer, n);
    answer->length += n;
    size_t lines = n == 0 ? answer->length : printable(answer);
    if (lines == 0)
        return 0;
    answer->whole = is_end_line(answer, lines);
    answer->mid_line = answer->bytes[lines - 1] != '\n';
    int error = print_all(answer->bytes, lines);
    answer->length -= lines;
    memmove(answer->bytes, answer->bytes + lines, answer->length);
    return error;
}

void answer_ended(const struct answer *answer)
{
    if (answer->whole)
        client_completed();
    else if (answer->expected != NULL)
        client_failed("what came back is not what was sent; is it a server with --echo?");
    else
        client_failed("the server closed the connection before its end line; "
                      "look at what it says");
}

static const char *advice_on_connect(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "is a server listening there? Start one with serve";
    case EMFILE:
    case ENFILE:
        return "raise ulimit -n, or take fewer clients";
    case EADDRNOTAVAIL:
        return "all local ports may be in use: wait a minute, or take fewer clients";
    default:
        return "check --host and --port";
    }
}

void failed_to_connect(const struct addrinfo *address, int error, int64_t timeout)
{
    char text[ADDRESS_TEXT];

    net_address_text(address->ai_addr, address->ai_addrlen, text);
    if (error == GAVE_UP)
        client_failed("cannot connect to %s: no answer for %g s; "
                      "check --host and --port, or raise --timeout",
                      text, (double)timeout / (double)NS_PER_SECOND);
    else
        client_failed("cannot connect to %s: %s; %s", text, strerror(error),
                      advice_on_connect(error));
}

void failed_to_send(int error, int64_t timeout)
{
    if (error == GAVE_UP)
        client_failed("the server did not take the message within %g s; "
                      "is it a server with --echo? Raise --timeout",
                      (double)timeout / (double)NS_PER_SECOND);
    else
        client_failed("cannot send to the server: %s; is it a server with --echo?",
                      strerror(error));
}

void failed_to_read(int error, int64_t timeout)
{
    if (error == GAVE_UP)
        client_failed(
            "no byte from the server for %g s; "
            "is it busy, or one with --echo, or not one of ours? Raise --timeout",
            (double)timeout / (double)NS_PER_SECOND);
    else
        client_failed("cannot read from the server: %s; look at what the server says",
                      strerror(error));
}

void failed_to_print(int error)
{
    client_failed("cannot write to stdout: %s; give it a place that can take %s's output",
                  strerror(error), stage.name);
}
