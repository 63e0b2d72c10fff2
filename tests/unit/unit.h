/* What the files of unit tests share. */
#ifndef UNIT_H
#define UNIT_H

#include "core/future.h"
#include "core/system.h"
#include "core/timer.h"

#define CHECK(condition) ((condition) ? (void)0 : die(__FILE__, __LINE__, #condition))
_Noreturn void die(const char *file, int line, const char *what);

#define MS NS_PER_MS

/* A future made of a function. It counts its polls and drops. */
struct script {
    struct future future;
    enum poll_result (*body)(struct script *self, struct context *cx);
    char letter;
    int polls;
    int *drops;
    int fd;
    struct sleep_for sleep;
    struct future *inner;
    struct task *task;
};
typedef enum poll_result script_body(struct script *self, struct context *cx);
struct script script(script_body *body, char letter);
struct script *heap_script(script_body *body, char letter); /* for spawn */

/* The body that runs `inner` to its end. */
enum poll_result run_inner(struct script *self, struct context *cx);

void block_on_future(struct future *future);
void sleep_in_main(int64_t duration); /* all that was spawned runs meanwhile */

/* Of a task that is gone: for polls by hand. */
struct waker some_waker(void);

/* A connected pair of non-blocking stream sockets. */
void make_pair(int fds[2]);

struct test {
    const char *name;
    void (*run)(void);
};
#define TEST(name)                                                                       \
    {                                                                                    \
#name, test_##name                                                               \
    }
extern const struct test combine_tests[]; /* the last of each has no name */
extern const struct test channel_tests[];

#endif
