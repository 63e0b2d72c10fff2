/* Stage 1: accept, respond, repeat. One thread serves, and each of its calls blocks; so
 * the second client waits until the first has gone. */
#include "cli/blocking.h"

static void one_response(int fd, long number, int64_t delay)
{
    bool whole = send_line(fd, "start", number);

    if (whole) {
        sleep_blocking(delay); /* and nobody else is served meanwhile */
        whole = send_line(fd, "end", number);
    }
    hang_up(fd, whole);
}

static void respond(int fd, long number, const struct options *options)
{
    if (options->echo)
        echo_back(fd);
    else
        one_response(fd, number, options->delay);
}

static void server_main(int listener, const struct options *options)
{
    for (long number = 1;; number++) {
        int fd = accept_client(listener);
        respond(fd, number, options);
    }
}

int main(int argc, char **argv)
{
    struct stage stage = {.how = "blocks, one at a time", .one_at_a_time = true};

    return blocking_main(argc, argv, stage, server_main);
}
