/* One future, written twice: with named states, and with macros that make .await of a
 * switch. They hide a return, and that local variables are lost at the next poll; and
 * forbid two AWAITs on a line, and any other switch around one. (.await) */
#include "core/core.h"
#include "lesson.h"

#include <string.h>
#include <unistd.h>

static int ends[2]; /* the response goes from the first to the second */
static int64_t delay;

struct one_response {
    struct future future;
    enum { WRITING_START, SLEEPING, WRITING_END } state; /* or a line number */
    struct operation write; /* shortcut: nobody looks at its result */
    struct sleep_for sleep;
};

static enum poll_result named_poll(struct future *future, struct context *cx)
{
    static const char *const names[] = {"WRITING_START", "SLEEPING", "WRITING_END"};
    struct one_response *self = container_of(future, struct one_response, future);

    for (;;) {
        switch (self->state) {
        case WRITING_START:
            if (future_poll(&self->write.future, cx) == PENDING)
                return PENDING;
            self->sleep = sleep_for(delay);
            self->state = SLEEPING;
            break;
        case SLEEPING:
            if (future_poll(&self->sleep.future, cx) == PENDING)
                return PENDING;
            say("a debugger shows: state = %s", names[self->state]);
            self->write = write_all(ends[0], "end\n", 4);
            self->state = WRITING_END;
            break;
        case WRITING_END:
            return future_poll(&self->write.future, cx);
        }
    }
}

#define ASYNC_BEGIN                                                                      \
    switch ((int)self->state) {                                                          \
    case 0:
#define AWAIT(awaited)                                                                   \
    do {                                                                                 \
        self->state = __LINE__;                                                          \
        __attribute__((fallthrough));                                                    \
    case __LINE__: /* the next poll jumps to here */                                     \
        if (future_poll(&self->awaited.future, cx) == PENDING)                           \
            return PENDING;                                                              \
    } while (0)
#define ASYNC_END }

static enum poll_result macros_poll(struct future *future, struct context *cx)
{
    struct one_response *self = container_of(future, struct one_response, future);
    int local = 0; /* on the stack: a poll that goes on begins with 0 again */

    ASYNC_BEGIN;
    AWAIT(write);
    self->sleep = sleep_for(delay);
    local = 7;
    AWAIT(sleep);
    say("a debugger shows: state = %d; local was 7, and is %d", self->state, local);
    self->write = write_all(ends[0], "end\n", 4);
    AWAIT(write);
    ASYNC_END;
    return READY;
}

static ssize_t run(const char *title, struct future future, char bytes[16])
{
    struct one_response one = {.future = future};

    part(title);
    one.write = write_all(ends[0], "start\n", 6);
    block_on(&one.future);
    return read(ends[1], bytes, 16);
}

int main(int argc, char **argv)
{
    char named[16], macros[16];

    lesson_start("await", "[SECONDS]", &argc, argv);
    delay = lesson_seconds(argc, argv, 0.5);
    lesson_pair(ends);
    ssize_t n = run("named states", (struct future){named_poll, NULL}, named);
    ssize_t m = run("three macros", (struct future){macros_poll, NULL}, macros);
    bool same = n == 10 && m == 10 && memcmp(named, macros, 10) == 0;
    say_untimed("the same 10 bytes: %s", same ? "yes" : "no");
    return same ? 0 : 1;
}
