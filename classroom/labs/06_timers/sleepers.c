/* Tasks, one for each word, called child 1, child 2, ...: sleepers [WORD...]. All times
 * are microseconds, from the moment on in which the first one is polled.
 *
 *     5900    sleeps until then
 *     b5900   its first poll lasts until then: meanwhile nobody else can run
 *     r5900   reads from a pipe, to which a thread writes then: it has no deadline */
#include "../lab.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_SLEEPERS = 100, LONGEST = 10000000 };

struct sleeper {
    struct future future;
    char kind; /* b, r, or a digit */
    bool is_begun;
    int64_t time; /* since `start` */
    struct sleep_for sleep;
    struct operation read;
    char byte;
    int pipe[2];
    pthread_t writer;
};

static int64_t start; /* 0: none was polled yet */

static void sleep_until(int64_t time)
{
    int64_t left = start + time - now_ns();

    if (left > 0)
        nanosleep(&(struct timespec){.tv_sec = (time_t)(left / NS_PER_SECOND),
                                     .tv_nsec = (long)(left % NS_PER_SECOND)},
                  NULL);
}

static void *writer_main(void *argument)
{
    struct sleeper *self = argument;

    sleep_until(self->time);
    if (write(self->pipe[1], "", 1) != 1)
        fail("cannot write to a pipe: %s", strerror(errno));
    return NULL;
}

static void start_writer(struct sleeper *self)
{
    if (pipe(self->pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(self->pipe[0]);
    self->read = read_some(self->pipe[0], &self->byte, 1);
    int error = pthread_create(&self->writer, NULL, writer_main, self);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
}

static void begin(struct sleeper *self)
{
    if (start == 0)
        start = now_ns();
    self->is_begun = true;
    self->sleep = sleep_for(0);
    self->sleep.deadline = start + self->time; /* so that two may be equal */
    if (self->kind == 'r')
        start_writer(self);
    if (self->kind == 'b')
        sleep_until(self->time);
}

static enum poll_result sleeper_poll(struct future *future, struct context *cx)
{
    struct sleeper *self = container_of(future, struct sleeper, future);

    if (!self->is_begun)
        begin(self);
    if (self->kind != 'r')
        return future_poll(&self->sleep.future, cx);
    if (future_poll(&self->read.future, cx) == PENDING)
        return PENDING;
    pthread_join(self->writer, NULL);
    forget_and_close(self->pipe[0]);
    close(self->pipe[1]);
    return READY;
}

static struct future *sleeper(const char *word)
{
    struct sleeper *self = allocate(1, sizeof *self);
    const char *digits = word[0] == 'b' || word[0] == 'r' ? word + 1 : word;
    char *end;
    int64_t us = strtoll(digits, &end, 10);

    if (end == digits || *end != '\0' || us < 0 || us > LONGEST) {
        message("a word is a number up to %d, with or without b or r before, not '%s'",
                LONGEST, word);
        exit(2);
    }
    self->future = (struct future){sleeper_poll, NULL};
    self->kind = word[0];
    self->time = us * 1000;
    return &self->future;
}

int main(int argc, char **argv)
{
    static char *usual[] = {"20900", "5300", "12700", "5300", "b9000"};
    struct future *children[MOST_SLEEPERS];

    lab_start("sleepers", &argc, argv);
    char **words = argc > 1 ? argv + 1 : usual;
    size_t count = argc > 1 ? (size_t)argc - 1 : sizeof usual / sizeof usual[0];
    if (count > MOST_SLEEPERS) {
        message("there may be %d words, not %zu", MOST_SLEEPERS, count);
        exit(2);
    }
    for (size_t i = 0; i < count; i++)
        children[i] = sleeper(words[i]);
    struct join_all all = join_all(children, count);
    block_on(&all.future);
    message("all have woken, after %.1f ms",
            (double)(now_ns() - start) / (double)NS_PER_MS);
    return lab_end();
}
