/* Stage 2: the same, a thread for each response. Each thread blocks, and nobody minds. */
#include "cli/blocking.h"
#include "cli/thread.h"

#include <stdlib.h>
#include <string.h>

/* What a thread is given: its own copy. A pointer to the server's variables would not do,
 * for they are the next client's by the time the thread looks. */
struct response {
    int fd;
    long number;
    const struct options *options; /* the same for all, and never changed */
};

static void one_response(int fd, long number, int64_t delay)
{
    bool whole = send_line(fd, "start", number);

    if (whole) {
        sleep_blocking(delay);
        whole = send_line(fd, "end", number);
    }
    hang_up(fd, whole);
}

static void respond(struct response response)
{
    if (response.options->echo)
        echo_back(response.fd);
    else
        one_response(response.fd, response.number, response.options->delay);
}

static void *response_main(void *argument)
{
    struct response response = *(struct response *)argument;

    free(argument);
    thread_began(response.options->echo ? "echo" : "response", response.number);
    respond(response);
    thread_ended();
    return NULL;
}

/* Says so the first time only. */
static void cannot_start_now(long number, int error)
{
    static bool said;

    if (!said)
        message("cannot start a thread for response %ld: %s; %ld threads run, so "
                "the server's own responds, as in stage 1; %s",
                number, strerror(error), thread_count(), thread_advice(error));
    said = true;
}

static void start_response(struct response response)
{
    struct response *copy = allocate(1, sizeof *copy);

    *copy = response;
    int error = thread_start(NULL, response_main, copy);
    if (error == 0)
        return;
    cannot_start_now(response.number, error);
    free(copy);
    respond(response); /* here, and the others wait */
}

static void server_main(int listener, const struct options *options)
{
    for (long number = 1;; number++) {
        int fd = accept_client(listener);
        start_response((struct response){fd, number, options});
    }
}

int main(int argc, char **argv)
{
    struct stage stage = {.how = "blocks, many threads"};

    return blocking_main(argc, argv, stage, server_main);
}
