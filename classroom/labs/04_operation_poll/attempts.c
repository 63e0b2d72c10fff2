/* One operation whose attempts go as a script says: attempts [SCRIPT [RESULT [write]]].
 *
 *     i   a signal came: EINTR
 *     w   it would block; then its descriptor is ready
 *     s   it would block; then something else wakes the task
 *
 * After the script an attempt has the RESULT. w and s do not go together. */
#include "../lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TRIES = 100 };

struct attempts_main {
    struct future future;
    struct operation operation;
    struct sleep_for sleep; /* what else wakes us */
    const char *script;
    ssize_t result;
    int tries;
    char watched[MOST_TRIES + 1]; /* 0 or 1 for each try: had the reactor its waker? */
};

static ssize_t scripted_attempt(struct operation *operation)
{
    struct attempts_main *self = container_of(operation, struct attempts_main, operation);
    int place = self->tries++;
    bool is_over = (size_t)place >= strlen(self->script);
    ssize_t result = self->result;

    if (self->tries >= MOST_TRIES)
        fail("it was tried %d times; the script is over since long", self->tries);
    self->watched[place] = operation->watched ? '1' : '0';
    if (!is_over)
        result = self->script[place] == 'i' ? -EINTR : -EAGAIN;
    trace(OS_CALL, .word = "try", .fd = operation->fd, .number = result);
    return result;
}

static enum poll_result attempts_main_poll(struct future *future, struct context *cx)
{
    struct attempts_main *self = container_of(future, struct attempts_main, future);

    if (future_poll(&self->operation.future, cx) == READY)
        return READY;
    if (self->tries == 0 || self->script[self->tries - 1] != 's')
        return PENDING;
    self->sleep = sleep_for(10 * NS_PER_MS);
    return future_poll(&self->sleep.future, cx);
}

static const char *script_of(int argc, char **argv)
{
    const char *script = argc > 1 ? argv[1] : "iwiiw";

    if (strspn(script, "iws") != strlen(script) || strlen(script) > MOST_TRIES / 2 ||
        (strchr(script, 'w') != NULL && strchr(script, 's') != NULL)) {
        message("a script has up to %d letters i and w, or i and s, not '%s'",
                MOST_TRIES / 2, script);
        exit(2);
    }
    return script;
}

int main(int argc, char **argv)
{
    char byte = 0;
    int ends[2];

    lab_start("attempts", &argc, argv);
    struct attempts_main self = {.future = {attempts_main_poll, NULL},
                                 .script = script_of(argc, argv),
                                 .result =
                                     (ssize_t)lab_number(argc, argv, 2, 7, 0, 1000000)};
    if (pipe(ends) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
    if (strchr(self.script, 's') == NULL && write(ends[1], "", 1) != 1)
        fail("cannot write to a pipe: %s", strerror(errno));
    self.operation =
        argc > 3 ? write_all(ends[1], &byte, 1) : read_some(ends[0], &byte, 1);
    self.operation.attempt = scripted_attempt;
    block_on(&self.future);
    message("result %zd, tries %d, watched %s, wakers left %zu", self.operation.result,
            self.tries, self.watched, reactor_watching);
    return lab_end();
}
