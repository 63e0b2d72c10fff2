/* What the files of unit tests share. */
#ifndef UNIT_H
#define UNIT_H

#include "core/core.h"

#define CHECK(condition) ((condition) ? (void)0 : die(__FILE__, __LINE__, #condition))
_Noreturn void die(const char *file, int line, const char *what);

#define MS NS_PER_MS

/* ---- what happened, a letter for each event ---- */

void note(char letter);
bool noted(const char *letters); /* these, since the beginning or the last call of this */
bool noted_both(const char *letters); /* these two, in any order */

/* ---- futures made of functions ---- */

/* It counts its polls and drops. */
struct script {
    struct future future;
    enum poll_result (*body)(struct script *self, struct context *cx);
    char letter;
    int polls;
    int *drops;
    int fd;
    struct sleep_for sleep;
    struct future *inner; /* NULL: none; dropped with the script */
};
typedef enum poll_result script_body(struct script *self, struct context *cx);
struct script script(script_body *body, char letter);
struct script *heap_script(script_body *body, char letter); /* for spawn */
struct waker spawn_script(script_body *body, char letter);  /* "script", letter */

/* Bodies. All but the first leave their waker in wakers[letter - 'a']. */
script_body run_inner;          /* to its end */
script_body run_inner_and_note; /* and notes the letter at its end */
script_body note_and_end;
script_body note_and_stay; /* notes each poll, and never ends */
extern struct waker wakers[26];

/* For spawn: runs `inner`, or a sleep of its own, and notes the letter at the end. */
struct script *note_end_of(struct future *inner, char letter);
struct script *heap_sleeper(char letter, int ms);

/* ---- ways to run a future ---- */

void block_on_future(struct future *future);
void sleep_in_main(int64_t duration); /* all that was spawned runs meanwhile */

/* All steps in one block_on, so that tasks live on from step to step; between two steps
 * there is a pause, in which all others run. NULL: no more. */
typedef void step(void);
void in_one_run(step *first, step *second, step *third);
/* The same, and then it waits for `until`. */
void in_one_run_until(struct future *until, step *first, step *second, step *third);

/* One poll, for a task that is gone: nobody runs what gets ready. */
enum poll_result poll_by_hand(struct future *future);

/* ---- looks ---- */

bool is_busy(void);      /* the reactor is stage 3's, which keeps no waker */
bool nobody_waits(void); /* for a descriptor or a deadline */
bool somebody_waits(void);
int open_descriptors(void);

/* Listens to these kinds of events, and keeps the last one of each, and how many came. */
struct heard {
    struct event last;
    char where[100];
    int times;
};
extern struct heard heard[EVENT_KINDS];
void hear(uint32_t kinds);
#define BIT(kind) (1U << (kind))

/* ---- streams ---- */

/* A connected pair of non-blocking stream sockets: AF_UNIX, or TCP on loopback. */
void make_pair(int fds[2]);
void make_tcp_pair(int fds[2]);
void fill(int fd); /* until a write would block */
void empty(int fd);

/* ---- which tests there are ---- */

struct test {
    const char *name;
    void (*run)(void);
};
#define TEST(name)                                                                       \
    {                                                                                    \
#name, test_##name                                                               \
    }
/* The last of each has no name. */
extern const struct test executor_tests[], misuse_tests[], timer_tests[], io_tests[],
    reactor_tests[], event_tests[], combine_tests[], stream_tests[], channel_tests[],
    program_tests[];

#endif
