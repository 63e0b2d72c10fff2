/* The document's executor polls the jobs in a bounded queue, and parks while it is empty.
 * To spawn a job, or to wake it, is to send it there. (Executor, Task, sync_channel) */
#include "core/core.h"
#include "lesson.h"

#include <stdbool.h>

enum { CAPACITY = 3, JOBS = CAPACITY + 1 }; /* in the document 10,000 */

struct job {
    struct future future;
    int number;
    int polls;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* lock must be held when using these: */
    struct job *jobs[CAPACITY + 1]; /* one place is kept for the job that is polled */
    int sent, received;             /* so many jobs, since the beginning */
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int64_t a_while;

/* Returns whether fewer than `limit` were there. The document's send waits instead. */
static bool try_send(const char *who, struct job *job, int limit)
{
    pthread_mutex_lock(&queue.lock);
    bool full = queue.sent - queue.received >= limit;
    say("%s job %d%s", who, job->number, full ? ", but the queue is full" : "");
    if (!full)
        queue.jobs[queue.sent++ % (CAPACITY + 1)] = job;
    pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    return !full;
}

static struct job *receive(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.received == queue.sent) {
        say("executor: the queue is empty, I park");
        pthread_cond_wait(&queue.changed, &queue.lock);
    }
    struct job *job = queue.jobs[queue.received++ % (CAPACITY + 1)];
    pthread_mutex_unlock(&queue.lock);
    return job;
}

static void executor_run(int senders)
{
    struct context cx = {.waker = {0}}; /* nobody */

    while (senders > 0)
        if (future_poll(&receive()->future, &cx) == READY)
            senders--;
    say("executor: nobody is left who could send, run() returns");
}

/* Shortcut: the document's job leaves its waker, which sends it. Our wakers know only the
 * tasks of common/core: so the job sends itself, as if its event had come. */
static enum poll_result job_poll(struct future *future, struct context *cx)
{
    struct job *self = container_of(future, struct job, future);

    (void)cx;
    say("executor: polls job %d: %s", self->number, self->polls ? "READY" : "PENDING");
    if (self->polls++ > 0)
        return READY;
    try_send("wake: sends", self, CAPACITY + 1); /* there is room: see queue.jobs */
    return PENDING;
}

static void *spawner_main(void *job)
{
    do
        sleep_blocking(a_while);
    while (!try_send("thread: spawns", job, CAPACITY));
    return NULL;
}

int main(int argc, char **argv)
{
    struct job jobs[JOBS];

    lesson_without_tasks("executor", "[SECONDS]", &argc, argv);
    a_while = lesson_seconds(argc, argv, 0.5);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){{job_poll, NULL}, i + 1, 0};
        if (!try_send("main: spawns", &jobs[i], CAPACITY))
            say("a send that waits for room would wait for ever: only I take jobs out");
    }
    pthread_t spawner = start_thread(spawner_main, &jobs[JOBS - 1]);
    executor_run(JOBS); /* each can be sent until it is READY */
    pthread_join(spawner, NULL);
    return 0;
}
