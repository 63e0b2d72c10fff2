#include "cli/tally.h"

#include "cli/response.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_long completed;
static atomic_long failed;
static char why_first[512]; /* written by the first that failed, read at the end */

void client_completed(void)
{
    completed++;
}

void client_failed(const char *why, ...)
{
    va_list arguments;

    va_start(arguments, why);
    if (failed++ == 0)
        vsnprintf(why_first, sizeof why_first, why, arguments);
    va_end(arguments);
}

struct tally tally_of(enum mode mode)
{
    if (mode == SERVE)
        return responses_tally();
    return (struct tally){completed, failed};
}

int tally_verdict(const struct options *options)
{
    struct tally tally = tally_of(options->mode);

    if (options->mode == SERVE || tally.failed == 0)
        return EXIT_SUCCESS;
    message("%ld of %ld clients failed: %s", tally.failed, options->clients, why_first);
    return EXIT_FAILURE;
}
