/* Tasks that are woken by other threads: wake [THREADS [ROUNDS [US [HELD]]]]. Each task
 * has a thread, which it asks so many times; the thread answers after US microseconds.
 * When it has interrupted the executor it stops for as long once more.
 * HELD is 1: nothing else runs before all threads have answered, so all their wakes come
 * at once. Says at the end how often threads have interrupted the executor. */
#include "../lab.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 16 };

struct asker {
    struct future future;
    pthread_t thread;
    long number;
    int64_t left; /* rounds */
    /* lock must be held when using these: */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_asked;
    bool is_answered;
    struct waker waker;
};

static int64_t threads;
static int64_t rounds;
static int64_t pause_us;
static bool is_held;
static int64_t asked;                /* by all, in this round */
static _Thread_local bool is_thread; /* of an asker, and not the executor's */
static atomic_int interrupts;        /* by threads */

/* lock must be held when using it: */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int64_t wakes; /* by all threads, in this round */
} all = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void pause_here(void)
{
    if (pause_us > 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * pause_us}, NULL);
}

/* writev wants no const. */
static ssize_t send_bytes(int fd, const void *from, size_t length)
{
    struct iovec piece = {.iov_len = length};

    memcpy(&piece.iov_base, &from, sizeof from);
    return writev(fd, &piece, 1);
}

/* In the place of the C library's, to be a witness: an interrupt is one byte in a pipe.
 * Who has interrupted before the waker was there has to lose it, and not by chance.
 * NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
ssize_t write(int fd, const void *from, size_t length)
{
    bool is_interrupt = is_thread && length == 1;
    ssize_t n = send_bytes(fd, from, length);

    if (is_interrupt) {
        interrupts++;
        pause_here();
    }
    return n;
}

static struct waker wait_until_asked(struct asker *self)
{
    pthread_mutex_lock(&self->lock);
    while (!self->is_asked)
        pthread_cond_wait(&self->changed, &self->lock);
    self->is_asked = false;
    struct waker waker = self->waker;
    pthread_mutex_unlock(&self->lock);
    return waker;
}

static void answer(struct asker *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_answered = true;
    pthread_mutex_unlock(&self->lock);
}

static void *thread_main(void *argument)
{
    struct asker *self = argument;

    acting = (struct actor){"thread", self->number};
    is_thread = true;
    for (int64_t i = 0; i < rounds; i++) {
        struct waker waker = wait_until_asked(self);
        pause_here();
        answer(self);
        wake(waker);
        pthread_mutex_lock(&all.lock);
        all.wakes++;
        pthread_cond_signal(&all.changed);
        pthread_mutex_unlock(&all.lock);
    }
    return NULL;
}

/* The last one to ask in a round. It blocks, and so do all tasks: it is for that. */
static void hold(void)
{
    asked = 0;
    pthread_mutex_lock(&all.lock);
    while (all.wakes < threads)
        pthread_cond_wait(&all.changed, &all.lock);
    all.wakes = 0;
    pthread_mutex_unlock(&all.lock);
}

static enum poll_result asker_poll(struct future *future, struct context *cx)
{
    struct asker *self = container_of(future, struct asker, future);
    bool is_first = self->waker.generation == 0;

    pthread_mutex_lock(&self->lock);
    bool is_answered = self->is_answered;
    self->is_answered = false;
    self->is_asked = is_first || (is_answered && self->left > 1);
    self->waker = cx->waker;
    pthread_cond_signal(&self->changed);
    pthread_mutex_unlock(&self->lock);
    self->left -= is_answered;
    if (is_answered)
        (void)ready("an answer", 0, self->left);
    if (self->left == 0)
        return READY;
    if (is_held && (is_first || is_answered) && ++asked == threads)
        hold();
    return pending(cx, FUTURE_ASKS, .word = "its thread");
}

/* Comes from malloc, as each task; its drop is the end of its thread. */
static void asker_drop(struct future *future)
{
    struct asker *self = container_of(future, struct asker, future);

    pthread_join(self->thread, NULL);
}

static struct future *make_asker(long number)
{
    struct asker *self = allocate(1, sizeof *self);

    *self = (struct asker){.future = {asker_poll, asker_drop},
                           .number = number,
                           .left = rounds,
                           .lock = PTHREAD_MUTEX_INITIALIZER,
                           .changed = PTHREAD_COND_INITIALIZER};
    int error = pthread_create(&self->thread, NULL, thread_main, self);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
    return &self->future;
}

struct wake_main {
    struct future future;
    struct join_task joins[MOST_THREADS];
    int64_t joined; /* so many of them; -1: none is spawned */
};

static enum poll_result wake_main_poll(struct future *future, struct context *cx)
{
    struct wake_main *self = container_of(future, struct wake_main, future);

    if (self->joined < 0)
        for (int64_t i = 0; i < threads; i++)
            self->joins[i] = join_task(spawn(make_asker((long)i + 1), "asker", i + 1));
    self->joined += self->joined < 0;
    for (; self->joined < threads; self->joined++)
        if (future_poll(&self->joins[self->joined].future, cx) == PENDING)
            return PENDING;
    return READY;
}

int main(int argc, char **argv)
{
    struct wake_main self = {.future = {wake_main_poll, NULL}, .joined = -1};

    lab_start("wake", &argc, argv);
    threads = lab_number(argc, argv, 1, 2, 1, MOST_THREADS);
    rounds = lab_number(argc, argv, 2, 3, 1, 100000);
    pause_us = lab_number(argc, argv, 3, 1000, 0, 100000);
    is_held = lab_number(argc, argv, 4, 0, 0, 1) == 1;
    helpers = 1; /* until the end: that no task is said to be stuck */
    block_on(&self.future);
    message("interrupts: %d", interrupts);
    return lab_end();
}
