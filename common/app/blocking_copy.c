#include "app/blocking_copy.h"

#include "app/blocking_io.h"
#include "app/copying.h"
#include "app/thread.h"
#include "core/message.h"
#include "core/system.h"

#include <stdlib.h>
#include <string.h>

static const struct options *options;
static struct copying ends;

static void note_failure(const char *who, int error)
{
    if (error != 0)
        copying_failed(who, -error);
}

static void party_ended(void)
{
    copying_count_calls();
    thread_ended();
}

static void *sender_main(void *unused)
{
    const char *bytes;
    size_t length;
    int error = 0;

    thread_began("sender", 0);
    while (error == 0 && (bytes = copying_next(&length)) != NULL)
        error = write_blocking(ends.sender, bytes, length);
    note_failure("sender", error);
    close_descriptor(ends.sender);
    party_ended();
    return unused;
}

static void *copier_main(void *unused)
{
    char *buffer = allocate(options->buffer, 1);

    thread_began("copier", 0);
    note_failure("copier",
                 copy_blocking(ends.copier_in, ends.copier_out, buffer, options->buffer));
    close_descriptor(ends.copier_in);
    close_descriptor(ends.copier_out);
    free(buffer);
    party_ended();
    return unused;
}

static void *receiver_main(void *unused)
{
    char *buffer = allocate(options->buffer, 1);
    ssize_t n;

    thread_began("receiver", 0);
    while ((n = read_blocking(ends.receiver, buffer, options->buffer)) > 0)
        copying_received(buffer, (size_t)n);
    note_failure("receiver", (int)n);
    close_descriptor(ends.receiver);
    free(buffer);
    party_ended();
    return unused;
}

static pthread_t start(void *(*party)(void *unused))
{
    pthread_t thread;
    int error = thread_start(&thread, SMALL_STACK, party, NULL);

    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
    return thread;
}

void blocking_copy(const struct options *given)
{
    options = given;
    ends = copying_start(options);
    pthread_t sender = start(sender_main);
    pthread_t copier = start(copier_main);
    pthread_t receiver = start(receiver_main);
    pthread_join(sender, NULL);
    pthread_join(copier, NULL);
    pthread_join(receiver, NULL);
    copying_end();
}
