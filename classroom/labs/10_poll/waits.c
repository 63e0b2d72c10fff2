/* What a reactor has to wait for: waits SCENE [NUMBER [US]].
 *
 *     both        one reads NUMBER bytes from a stream, one writes; first comes what
 *                 is to be read, and only then room to write
 *     hang_up     one reads from a pipe, whose other end is closed
 *     error       one writes to a pipe that is full, whose other end is closed
 *     closed      one reads from a descriptor that another task closes, and none forgets
 *     sleeps      one sleeps so often for US microseconds
 *     turns       one waits for bytes, which come after another had so many turns
 *     interrupts  a thread wakes a task so often; then it sleeps for US microseconds
 *     signals     one waits for a byte; so many signals come before
 *
 * A task says at its end what its last call has returned. */
#include "../lab.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_WAITS = 20000, TO_WRITE = 1 << 20 };

static int64_t number;
static int64_t duration;
static int ends[2]; /* of a stream or pipe; the first is ours, the other theirs */
static atomic_bool has_read; /* the reader is done */
static atomic_bool waits;    /* the reader or the writer has left its waker */
static atomic_int answers;   /* of the thread */
static pthread_t executor;
static struct waker tasks[2];
static int spawned; /* so many of them */
static char bytes[TO_WRITE];

/* ---- tasks ---- */

struct doer {
    struct future future;
    const char *name;
    int64_t left; /* so many bytes, sleeps, turns, answers */
    struct operation operation;
    struct sleep_for sleep;
};

static struct doer *spawn_doer(const char *name, int64_t left,
                               enum poll_result (*poll)(struct future *,
                                                        struct context *))
{
    struct doer *self = allocate(1, sizeof *self);

    *self = (struct doer){.future = {poll, NULL}, .name = name, .left = left};
    self->sleep = sleep_for(duration);
    tasks[spawned++] = spawn(&self->future, name, 0);
    return self;
}

static enum poll_result said(struct doer *self, ssize_t result)
{
    message("%s: %zd", self->name, result);
    return READY;
}

static enum poll_result read_poll(struct future *future, struct context *cx)
{
    struct doer *self = container_of(future, struct doer, future);

    while (future_poll(&self->operation.future, cx) == READY) {
        self->left--;
        if (self->operation.result <= 0 || self->left == 0) {
            has_read = true;
            return said(self, self->operation.result);
        }
        self->operation = read_some(ends[0], bytes, 1);
    }
    waits = true;
    return PENDING;
}

static enum poll_result write_poll(struct future *future, struct context *cx)
{
    struct doer *self = container_of(future, struct doer, future);

    if (future_poll(&self->operation.future, cx) == READY)
        return said(self, self->operation.result);
    waits = true;
    return PENDING;
}

static enum poll_result sleep_poll(struct future *future, struct context *cx)
{
    struct doer *self = container_of(future, struct doer, future);

    while (future_poll(&self->sleep.future, cx) == READY) {
        if (--self->left == 0)
            return said(self, 0);
        self->sleep = sleep_for(duration);
    }
    return PENDING;
}

static enum poll_result turn_poll(struct future *future, struct context *cx)
{
    struct doer *self = container_of(future, struct doer, future);

    if (self->left-- > 0) {
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn");
    }
    return said(self, called("write", ends[1], write(ends[1], "", 1)));
}

/* After some sleep, so that the reader waits before. It should have called forget;
 * that others get to know of it is what this is for. */
static enum poll_result close_poll(struct future *future, struct context *cx)
{
    struct doer *self = container_of(future, struct doer, future);

    if (future_poll(&self->sleep.future, cx) == PENDING)
        return PENDING;
    return said(self, called("close", ends[0], close(ends[0])));
}

static enum poll_result ask_poll(struct future *future, struct context *cx)
{
    struct doer *self = container_of(future, struct doer, future);

    if (answers < self->left)
        return pending(cx, FUTURE_ASKS, .word = "a thread");
    if (self->left > 0)
        self->sleep = sleep_for(duration);
    self->left = 0;
    return future_poll(&self->sleep.future, cx) == PENDING ? PENDING : said(self, 0);
}

static void spawn_reader(int64_t count)
{
    spawn_doer("reader", count, read_poll)->operation = read_some(ends[0], bytes, 1);
}

static void spawn_writer(size_t length)
{
    spawn_doer("writer", 1, write_poll)->operation = write_all(ends[0], bytes, length);
}

/* ---- threads ---- */

static void pause_ms(void)
{
    nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
}

static void *feed_and_drain(void *unused)
{
    static char drained[4096];

    for (int64_t i = 0; i < number; i++) {
        pause_ms();
        if (write(ends[1], "", 1) != 1)
            fail("cannot write to the stream: %s", strerror(errno));
    }
    while (!has_read)
        pause_ms();
    for (ssize_t n = 0, all = 0; all < TO_WRITE; all += n)
        if ((n = read(ends[1], drained, sizeof drained)) <= 0)
            fail("the stream ended after %zd bytes", all);
    return unused;
}

static void *close_end(void *unused)
{
    while (!waits)
        pause_ms();
    close(ends[1]);
    return unused;
}

static void *answer(void *unused)
{
    acting = (struct actor){"thread", 0};
    for (int64_t i = 0; i < number; i++) {
        pause_ms();
        answers++;
        wake(tasks[0]);
    }
    helpers--;
    return unused;
}

static void *send_signals(void *unused)
{
    while (!waits)
        pause_ms();
    for (int64_t i = 0; i < number; i++) {
        pause_ms();
        pthread_kill(executor, SIGUSR1);
    }
    if (write(ends[1], "", 1) != 1)
        fail("cannot write to the stream: %s", strerror(errno));
    return unused;
}

static void on_signal(int unused)
{
    (void)unused; /* it is enough that it came */
}

/* ---- scenes ---- */

static void make_stream(void)
{
    int room = 8192;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
}

/* Ours is the end to read from (0), or that to write to (1). */
static void make_pipe(int ours)
{
    int pair[2];

    if (pipe(pair) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    ends[0] = pair[ours];
    ends[1] = pair[1 - ours];
    set_nonblocking(ends[0]);
}

static void scene_both(void)
{
    make_stream();
    spawn_reader(number);
    spawn_writer(sizeof bytes);
}

static void scene_hang_up(void)
{
    make_pipe(0);
    spawn_reader(1);
}

static void scene_error(void)
{
    make_pipe(1);
    spawn_writer(sizeof bytes); /* more than a pipe has room for */
}

static void scene_closed(void)
{
    make_stream();
    spawn_reader(1);
    spawn_doer("closer", 1, close_poll);
}

static void scene_sleeps(void)
{
    spawn_doer("sleeper", number, sleep_poll);
}

static void scene_turns(void)
{
    make_stream();
    spawn_reader(1);
    spawn_doer("turner", number, turn_poll);
}

static void scene_interrupts(void)
{
    helpers = 1;
    spawn_doer("asker", number, ask_poll);
}

static void scene_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGUSR1, &action, NULL);
    executor = pthread_self();
    make_stream();
    spawn_reader(1);
}

static const struct scene {
    const char *name;
    void (*start)(void);
    void *(*thread_main)(void *); /* NULL: there is none */
} scenes[] = {
    {"both", scene_both, feed_and_drain},     {"hang_up", scene_hang_up, close_end},
    {"error", scene_error, close_end},        {"closed", scene_closed, NULL},
    {"sleeps", scene_sleeps, NULL},           {"turns", scene_turns, NULL},
    {"interrupts", scene_interrupts, answer}, {"signals", scene_signals, send_signals},
};
static const struct scene *scene; /* that is played */

static const struct scene *scene_of(const char *name)
{
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++)
        if (strcmp(scenes[i].name, name) == 0)
            return &scenes[i];
    message("there is no scene '%s'; take both, hang_up, error, closed, sleeps, turns, "
            "interrupts or signals",
            name);
    exit(2);
}

struct waits_main {
    struct future future;
    struct join_task joins[2];
    int joined; /* so many of them; -1: none is spawned */
    pthread_t thread;
};

static void start_scene(struct waits_main *self)
{
    int error = 0;

    scene->start();
    for (int i = 0; i < spawned; i++)
        self->joins[i] = join_task(tasks[i]);
    self->joined = 0;
    if (scene->thread_main != NULL)
        error = pthread_create(&self->thread, NULL, scene->thread_main, NULL);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
}

static enum poll_result waits_main_poll(struct future *future, struct context *cx)
{
    struct waits_main *self = container_of(future, struct waits_main, future);

    if (self->joined < 0)
        start_scene(self);
    for (; self->joined < spawned; self->joined++)
        if (future_poll(&self->joins[self->joined].future, cx) == PENDING)
            return PENDING;
    return READY;
}

/* What spins would do so until its CPU time is over. */
static void count_wait(const struct event *event)
{
    (void)event;
    if (trace_count[REACTOR_WAIT] > MOST_WAITS)
        fail("it spins: the reactor was asked %d times, and nobody could go on",
             MOST_WAITS);
}

int main(int argc, char **argv)
{
    struct waits_main self = {.future = {waits_main_poll, NULL}, .joined = -1};

    lab_start("waits", &argc, argv);
    scene = scene_of(argc > 1 ? argv[1] : "both");
    number = lab_number(argc, argv, 2, 3, 1, 1000);
    duration = lab_number(argc, argv, 3, 10900, 1, 1000000) * 1000;
    trace_listen(1U << REACTOR_WAIT, count_wait);
    block_on(&self.future);
    if (scene->thread_main != NULL)
        pthread_join(self.thread, NULL);
    return lab_end();
}
