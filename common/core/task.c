#include "core/task.h"

#include "core/doctor.h"
#include "core/message.h"
#include "core/reactor.h"
#include "core/system.h"
#include "core/timer.h"
#include "core/watches.h"

#include <pthread.h>
#include <stdlib.h>

struct task {
    struct future *future; /* NULL when the task is done */
    struct actor actor;    /* its name, for the event log */
    struct waker joiner;   /* woken when the task is done */
    struct last_words last_words;
    uint32_t polls;      /* both stay at UINT32_MAX when they get there */
    uint32_t self_wakes; /* polls in which it woke itself, though nothing was ready */
    bool detached;       /* nobody will join it */

    /* run_queue.lock must be held when using these: */
    enum { DONE, WAITING, QUEUED } state;
    uint64_t generation; /* a waker with another one is stale. Only the executor changes
                          * it, so the executor may read it without the lock */
    struct task *next;   /* in the run queue, or in the list of unused tasks */
};

/* Tasks are made by the block, used again and again, and never freed: stale wakers point
 * to them. */
enum { TASKS = 64 };
struct block {
    struct task tasks[TASKS];
    struct block *older;
};

static struct {
    pthread_mutex_t lock;
    /* lock must be held when using these: */
    struct task *first;
    struct task *last;
    size_t length;
    struct task *unused; /* for the next spawn */
    int helpers;         /* other threads that are about to wake a task */
} run_queue = {.lock = PTHREAD_MUTEX_INITIALIZER};

static pthread_t our_thread;   /* that runs block_on */
static struct block *newest;   /* of all blocks */
static struct task *main_task; /* block_on's; its future belongs to the caller */
static const struct actor nobody;
static const struct actor reactor = {.kind = "reactor"};

uint64_t futures_ready;
static uint64_t ready_before; /* futures_ready when the poll under way began */

static void count_up(uint32_t *count)
{
    if (*count < UINT32_MAX)
        ++*count;
}

/* ---- the run queue ---- */

static void run_queue_push(struct task *task)
{
    task->state = QUEUED;
    task->next = NULL;
    if (run_queue.length++ == 0)
        run_queue.first = task;
    else
        run_queue.last->next = task;
    run_queue.last = task;
}

/* NULL if it is empty. From now on the task is WAITING, and not only after its poll: a
 * wake during the poll must count. The event is caused under the lock, so that the
 * lengths in the log are in order. */
static struct task *run_queue_pop(void)
{
    pthread_mutex_lock(&run_queue.lock);
    struct task *task = run_queue.first;
    if (task != NULL) {
        run_queue.first = task->next;
        run_queue.length--;
        task->state = WAITING;
        trace_exec(EXEC_POLL, &task->actor, (int64_t)run_queue.length);
    }
    pthread_mutex_unlock(&run_queue.lock);
    return task;
}

static void run_queue_remove(struct task *task)
{
    struct task **link = &run_queue.first;
    struct task *before = NULL;

    while (*link != task) {
        before = *link;
        link = &before->next;
    }
    *link = task->next;
    if (run_queue.last == task)
        run_queue.last = before;
    run_queue.length--;
}

static size_t run_queue_length(void)
{
    pthread_mutex_lock(&run_queue.lock);
    size_t length = run_queue.length;
    pthread_mutex_unlock(&run_queue.lock);
    return length;
}

void wake(struct waker waker)
{
    struct task *task = waker.task;

    if (task == NULL)
        return;
    pthread_mutex_lock(&run_queue.lock);
    bool wakes = task->generation == waker.generation && task->state == WAITING;
    if (wakes) {
        run_queue_push(task);
        if (acting == &task->actor && futures_ready == ready_before)
            count_up(&task->self_wakes);
        trace_exec(EXEC_WAKE, &task->actor, (int64_t)run_queue.length);
    }
    pthread_mutex_unlock(&run_queue.lock);

    /* If it is the executor that calls us, it is awake already. */
    if (wakes && !pthread_equal(pthread_self(), our_thread))
        reactor_interrupt();
}

const struct actor *waker_actor(struct waker waker)
{
    if (waker.task == NULL || waker.task->generation != waker.generation)
        return NULL;
    return &waker.task->actor;
}

/* ---- the life of a task ---- */

static void make_tasks(void)
{
    struct block *block = allocate(1, sizeof *block);

    block->older = newest;
    newest = block;
    for (int i = TASKS - 1; i >= 0; i--) {
        block->tasks[i].next = run_queue.unused;
        run_queue.unused = &block->tasks[i];
    }
}

static struct task *task_take(void)
{
    if (run_queue.unused == NULL)
        make_tasks();
    struct task *task = run_queue.unused;
    run_queue.unused = task->next;
    return task;
}

struct task *spawn(struct future *future, const char *kind, long number)
{
    pthread_mutex_lock(&run_queue.lock);
    struct task *task = task_take();
    task->future = future;
    task->actor = (struct actor){.kind = kind, .number = number};
    task->joiner.task = NULL;
    task->polls = 0;
    task->self_wakes = 0;
    task->detached = false;
    run_queue_push(task);
    trace_exec(EXEC_SPAWN, &task->actor, (int64_t)run_queue.length);
    pthread_mutex_unlock(&run_queue.lock);
    return task;
}

static void task_free(struct task *task)
{
    pthread_mutex_lock(&run_queue.lock);
    if (task->state == QUEUED)
        run_queue_remove(task);
    task->state = DONE;
    task->generation++;
    task->next = run_queue.unused;
    run_queue.unused = task;
    pthread_mutex_unlock(&run_queue.lock);
}

static void task_drop_future(struct task *task)
{
    const struct actor *caller = acting;

    acting = &task->actor; /* what the drop does, such as a close, is its doing */
    if (task != main_task) {
        future_drop(task->future);
        free(task->future);
    }
    task->future = NULL;
    acting = caller;
    doctor_looks_at_task(&task->actor, task->polls, task->self_wakes);
}

static void task_done(struct task *task)
{
    task_drop_future(task);
    if (task->detached) {
        task_free(task);
        return;
    }
    pthread_mutex_lock(&run_queue.lock);
    if (task->state == QUEUED)
        run_queue_remove(task);
    task->state = DONE;
    pthread_mutex_unlock(&run_queue.lock);
    wake(task->joiner);
}

void task_detach(struct task *task)
{
    task->detached = true;
    task->joiner.task = NULL;
    if (task->future == NULL)
        task_free(task);
}

void task_cancel(struct task *task)
{
    if (task->future != NULL) {
        trace_exec(EXEC_CANCEL, &task->actor, 0);
        task_drop_future(task);
    }
    wake(task->joiner);
    task_free(task);
}

/* Whether the task is still the one that was to be joined. */
static bool exists(const struct join_task *self)
{
    return self->task->generation == self->generation;
}

static enum poll_result join_task_poll(struct future *future, struct context *cx)
{
    struct join_task *self = container_of(future, struct join_task, future);

    if (exists(self) && self->task->future != NULL) {
        self->task->joiner = cx->waker;
        trace_pending(FUTURE_JOINS, &self->task->actor, NULL, -1, 0);
        return PENDING;
    }
    trace(FUTURE_READY, exists(self) ? &self->task->actor : NULL, "join_task", -1, 0);
    if (exists(self)) /* and not cancelled meanwhile */
        task_free(self->task);
    return READY;
}

static void join_task_drop(struct future *future)
{
    struct join_task *self = container_of(future, struct join_task, future);

    if (exists(self))
        task_detach(self->task);
}

struct join_task join_task(struct task *task)
{
    return (struct join_task){
        .future = {join_task_poll, join_task_drop},
        .task = task,
        .generation = task->generation,
    };
}

void join_task_cancel(struct join_task *self)
{
    if (exists(self))
        task_cancel(self->task);
}

static enum poll_result yield_now_poll(struct future *future, struct context *cx)
{
    struct yield_now *self = container_of(future, struct yield_now, future);

    if (self->yielded)
        return READY;
    self->yielded = true;
    trace_pending(FUTURE_ASKS, NULL, "its turn, after all others", -1, 0);
    wake(cx->waker);
    return PENDING;
}

struct yield_now yield_now(void)
{
    return (struct yield_now){.future = {yield_now_poll, NULL}};
}

/* ---- tasks that nothing can wake ---- */

void helper_started(void)
{
    pthread_mutex_lock(&run_queue.lock);
    run_queue.helpers++;
    pthread_mutex_unlock(&run_queue.lock);
}

void helper_finished(void)
{
    pthread_mutex_lock(&run_queue.lock);
    run_queue.helpers--;
    pthread_mutex_unlock(&run_queue.lock);
    reactor_interrupt(); /* if its wake went astray, this is the time to notice */
}

static bool can_still_wake(void)
{
    pthread_mutex_lock(&run_queue.lock);
    bool busy = run_queue.length > 0 || run_queue.helpers > 0;
    pthread_mutex_unlock(&run_queue.lock);
    return busy || timers_pending() || watches_count() > 0;
}

static _Noreturn void fail_stuck(void)
{
    message("no task can ever wake again; these are stuck:");
    for (struct block *block = newest; block != NULL; block = block->older)
        for (struct task *task = block->tasks; task < block->tasks + TASKS; task++)
            if (task->future != NULL)
                doctor_says_why_stuck(&task->actor, task->last_words);
    exit(EXIT_FAILURE);
}

/* ---- the executor ---- */

/* How its poll has ended. */
static enum event_kind outcome(const struct task *task, enum poll_result result)
{
    if (result == READY)
        return EXEC_DONE;
    if (task->polls == 1 || futures_ready != ready_before)
        return EXEC_PENDING;
    return EXEC_WASTED;
}

static void task_poll(struct task *task)
{
    struct context cx = {.waker = {task, task->generation}};

    acting = &task->actor;
    last_words.kind = EXEC_POLL;
    ready_before = futures_ready;
    count_up(&task->polls);
    enum poll_result result = future_poll(task->future, &cx);
    task->last_words = last_words;
    trace_exec(outcome(task, result), &task->actor, 0);
    if (result == READY)
        task_done(task);
    acting = &nobody;
}

/* The time since the last call, without what the listeners of the log have taken. */
static int64_t lap_time(void)
{
    static int64_t last;
    int64_t now = now_ns() - trace_spent;
    int64_t lap = now - last;

    last = now;
    return lap;
}

/* As many polls as tasks are queued now. Those that are woken meanwhile come in the next
 * batch, so that the reactor is asked in between, however busy the tasks are. */
static void run_batch(void)
{
    size_t n = run_queue_length();

    trace(EXEC_TURN, NULL, NULL, -1, (int64_t)n);
    if (before_turn != NULL)
        before_turn();
    lap_time();
    for (; n > 0; n--) {
        struct task *task = run_queue_pop();
        if (task == NULL)
            return; /* one of the others has cancelled it */
        task_poll(task);
        doctor_looks_at_poll(&task->actor, lap_time()); /* a name outlives its task */
    }
}

/* Waits for what may wake a task; only looks whether it is there, if one can run now. */
static void wait_for_events(void)
{
    int64_t timeout = run_queue_length() > 0 ? 0 : timers_next();

    acting = &reactor;
    /* + 1: that by which other threads interrupt the wait */
    trace(REACTOR_WAIT, NULL, NULL, (int)watches_count() + 1, timeout);
    reactor_wait(timeout);
    timers_fire();
    trace(REACTOR_WAITED, NULL, NULL, -1, timeout);
    acting = &nobody;
}

static void cancel_all(void)
{
    for (struct block *block = newest; block != NULL; block = block->older)
        for (struct task *task = block->tasks; task < block->tasks + TASKS; task++)
            if (task->future != NULL)
                task_cancel(task);
}

void block_on(struct future *main_future)
{
    our_thread = pthread_self();
    main_task = spawn(main_future, "main", 0);

    for (;;) {
        run_batch();
        if (main_task->future == NULL)
            break;
        if (!can_still_wake())
            fail_stuck();
        wait_for_events();
    }
    task_free(main_task);
    main_task = NULL;
    cancel_all();
}
