#include "cli/answer.h"

#include "base/base.h"
#include "cli/net.h"
#include "cli/tally.h"
#include "view/doctor.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

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

int answer_received(struct answer *answer, size_t n)
{
    size_t length = answer->length += (uint8_t)n;
    size_t lines = n == 0 ? length : printable(answer);

    if (lines == 0)
        return 0;
    answer->whole = is_end_line(answer, lines);
    answer->mid_line = answer->bytes[lines - 1] != '\n';
    int error = print_all(STDOUT_FILENO, answer->bytes, lines);
    answer->length = (uint8_t)(length - lines);
    memmove(answer->bytes, answer->bytes + lines, answer->length);
    return error;
}

void answer_ended(const struct answer *answer)
{
    if (answer->whole)
        client_completed();
    else
        client_failed("the server closed the connection before its end line; "
                      "look at what it says");
}

/* ---- what can go wrong ---- */

void failed_to_connect(const struct addrinfo *address, int error)
{
    char text[ADDRESS_TEXT];

    net_address_text(address->ai_addr, address->ai_addrlen, text);
    client_failed("cannot connect to %s: %s; %s", text, strerror(error),
                  net_advice(address, error));
}

void failed_to_read(int error)
{
    client_failed("cannot read from the server: %s; look at what the server says",
                  strerror(error));
}

void failed_to_print(int error)
{
    client_failed("cannot write to stdout: %s; give it a place that can take %s's output",
                  strerror(error), program_name);
}

/* A client may have waited in vain because of a mistake in here: so the first that gives
 * up has it looked for while all is as it was. (Where threads wait there is no such
 * list.) */
static void gave_up(void)
{
    static atomic_flag before = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&before))
        doctor_lists_odd_tasks();
}

void gave_up_connecting(const struct addrinfo *address, int64_t timeout)
{
    char text[ADDRESS_TEXT];

    gave_up();
    net_address_text(address->ai_addr, address->ai_addrlen, text);
    client_failed("cannot connect to %s: no answer within %g s; "
                  "check --host and --port, or raise --timeout",
                  text, (double)timeout / (double)NS_PER_SECOND);
}

void gave_up_reading(int64_t timeout)
{
    gave_up();
    client_failed("no whole answer from the server within %g s; "
                  "is it busy, or one with --echo, or not one of ours? Raise --timeout",
                  (double)timeout / (double)NS_PER_SECOND);
}
