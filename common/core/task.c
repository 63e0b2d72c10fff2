/* The executor owns the tasks, keeps those that were woken in a run queue, polls them. */
#include "core.h"

#include <pthread.h>
#include <stdlib.h>

/* A place for one task after the other. It is never freed, for stale wakers, those of
 * tasks that are gone, still say where it is. */
struct task {
    struct future *future;    /* NULL: no task is here now */
    struct waker self;        /* one with another generation is stale */
    struct waker joiner;      /* woken when the task is gone */
    struct actor name;        /* for the event log */
    enum event_kind said : 8; /* its last reason to be PENDING: kind, fd, word */
    bool is_queued;           /* else a second wake would queue it twice */
    int said_fd;
    const char *said_word;
    struct task *next; /* in the run queue, or in the list of unused places */
};
enum { MOST_TASKS = 1 << 17 };
static struct task tasks[MOST_TASKS]; /* pages that are not used take no memory */
static uint32_t places;               /* used so far */
static struct task *unused;           /* places that are free again */
static uint32_t alive;                /* tasks */
atomic_int helpers;

static struct task *first, *last; /* of the run queue */
static int64_t queued;

static _Thread_local bool is_executor; /* this thread runs block_on */
static struct waker main_task;         /* block_on's: its future is not ours to free */
static struct task *polled;            /* just now; NULL: none */

/* Where other threads leave wakers, for they must not touch tasks. The lock guards it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    struct waker waker;
    struct actor by;
} * inbox;
static size_t inbox_length;

/* NULL: nobody, or a task that is gone. */
static struct task *task_of(struct waker waker)
{
    struct task *task = &tasks[waker.place];
    bool is_there = task->future != NULL && task->self.generation == waker.generation;

    return is_there ? task : NULL;
}

struct actor name_of(struct waker waker)
{
    struct task *task = task_of(waker);

    return task != NULL ? task->name : (struct actor){NULL, 0};
}

/* ---- wake ---- */

static void push(struct task *task)
{
    task->is_queued = true;
    if (queued++ == 0)
        first = task;
    else
        last->next = task;
    last = task;
}

static void leave_in_inbox(struct waker waker)
{
    pthread_mutex_lock(&lock);
    if (inbox_length % 64 == 0)
        inbox = reallocate(inbox, inbox_length + 64, sizeof *inbox);
    inbox[inbox_length].waker = waker;
    inbox[inbox_length++].by = acting;
    pthread_mutex_unlock(&lock);
    trace(EXEC_INBOX, .actor = acting);
    reactor_interrupt(); /* the executor may sleep there */
}

static void wake_here(struct task *task)
{
    if (task == NULL || task->is_queued)
        return;
    push(task);
    trace(EXEC_WAKE, .number = queued, .actor = task->name, .other = acting);
}

void wake(struct waker waker)
{
    if (is_executor)
        wake_here(task_of(waker));
    else if (waker.generation != 0)
        leave_in_inbox(waker);
}

static void empty_inbox(void)
{
    struct actor before = acting;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < inbox_length; i++) {
        acting = inbox[i].by; /* it is that thread which wakes */
        wake_here(task_of(inbox[i].waker));
    }
    inbox_length = 0;
    pthread_mutex_unlock(&lock);
    acting = before;
}

/* ---- the life of a task ---- */

static struct task *take_place(void)
{
    struct task *task = unused;

    if (task == NULL && places == MOST_TASKS)
        fail("cannot spawn another task: there is room for %d at once", MOST_TASKS);
    if (task == NULL) {
        task = &tasks[places];
        task->self = (struct waker){places++, 1};
    }
    unused = task->next; /* of a new place: NULL */
    return task;
}

static void give_place_back(struct task *task)
{
    task->next = unused;
    unused = task;
}

struct waker spawn(struct future *future, const char *kind, long number)
{
    struct task *task = take_place();

    alive++;
    task->future = future;
    task->joiner = (struct waker){0};
    task->name = (struct actor){kind, number};
    task->said = EXEC_SPAWN;
    push(task);
    trace(EXEC_SPAWN, .number = queued, .actor = task->name, .other = acting);
    return task->self;
}

/* Done or cancelled. First its wakers become stale, then its future is dropped. If it is
 * in the run queue it stays there until its turn comes. */
static void end(struct task *task)
{
    struct future *future = task->future;
    struct actor before = acting;
    bool is_ours = task_of(main_task) != task;

    alive--;
    task->future = NULL;
    task->self.generation += 2; /* so it stays odd: 0 is nobody's */
    acting = task->name;        /* what the drop does, such as a close, is its doing */
    future_drop(future);
    if (is_ours)
        free(future);
    acting = before;
    wake(task->joiner);
    if (!task->is_queued) /* else when its turn comes */
        give_place_back(task);
}

void cancel(struct waker waker)
{
    struct task *task = task_of(waker);

    if (task == NULL)
        return;
    if (task == polled)
        fail("a task must not cancel itself; its future may return READY instead");
    trace(EXEC_CANCEL, .actor = task->name, .other = acting);
    end(task);
}

static enum poll_result join_task_poll(struct future *future, struct context *cx)
{
    struct task *task = task_of(container_of(future, struct join_task, future)->task);

    if (task == NULL)
        return ready("join_task", 0, 0);
    task->joiner = cx->waker; /* whose end() wakes us */
    return pending(cx, FUTURE_JOINS, .other = task->name);
}

struct join_task join_task(struct waker task)
{
    return (struct join_task){{join_task_poll, NULL}, task};
}

enum poll_result say_pending(struct context *cx, struct event why)
{
    struct task *task = task_of(cx->waker);

    if (task != NULL) {
        task->said = why.kind;
        task->said_fd = why.fd;
        task->said_word = why.word;
    }
    if (trace_counts(why.kind))
        trace_tell(why);
    return PENDING;
}

void tasks_visit(visit_waker *visit)
{
    for (struct task *task = tasks; task < tasks + places; task++) {
        if (task->future == NULL)
            continue;
        visit(task->self, &(struct event){task->said, task->said_fd, task->said_word,
                                          task->is_queued, .actor = task->name});
        visit(task->joiner, &(struct event){FUTURE_JOINS, .other = task->name});
    }
}

/* ---- the executor ---- */

/* Wasted: not its first poll; no future became READY in it, and no task was made. */
static void poll_task(struct task *task)
{
    struct context cx = {.waker = task->self};
    enum event_kind outcome = task->said == EXEC_SPAWN ? EXEC_PENDING : EXEC_WASTED;
    uint64_t before = trace_count[FUTURE_READY] + trace_count[EXEC_SPAWN];

    acting = task->name;
    trace(EXEC_POLL, .number = queued);
    task->said = EXEC_POLL; /* it has said nothing yet */
    polled = task;          /* so that it cannot cancel itself */
    if (future_poll(task->future, &cx) == READY)
        outcome = EXEC_DONE;
    else if (trace_count[FUTURE_READY] + trace_count[EXEC_SPAWN] > before)
        outcome = EXEC_PENDING;
    polled = NULL;
    trace(outcome, .actor = task->name);
    if (outcome == EXEC_DONE)
        end(task);
    acting = (struct actor){NULL, 0};
}

/* As many polls as tasks are queued now. Those that are woken meanwhile come in the next
 * turn, so that the reactor is asked in between, however busy the tasks are. */
static void run_turn(void)
{
    trace(EXEC_TURN, .number = queued);
    for (int64_t n = queued; n > 0; n--) {
        struct task *task = first;
        first = task->next;
        queued--;
        /* From now on, and not only after its poll, a wake queues the task again. What
         * becomes ready while it is polled is seen by this poll, or wakes it for the
         * next one: so no wake gets lost. */
        task->is_queued = false;
        if (task->future != NULL)
            poll_task(task);
        else
            give_place_back(task); /* it has ended while it was queued */
    }
}

static void fail_if_stuck(void)
{
    if (queued > 0 || timers_next() >= 0 || reactor_watching > 0 || helpers > 0)
        return;
    empty_inbox(); /* a helper may have left a wake before it counted itself out */
    if (queued > 0)
        return;
    message("no task can ever wake again; these are stuck:");
    trace(EXEC_STUCK, .number = -1);
    exit(EXIT_FAILURE);
}

/* Sleeps until something may wake a task; only takes a look if one can run now. */
static void wait_for_events(void)
{
    int64_t before = queued;
    int64_t timeout = before > 0 ? 0 : timers_next();

    acting = (struct actor){"reactor", 0};
    trace(REACTOR_WAIT, .fd = (int)reactor_watching, .number = timeout);
    reactor_wait(timeout); /* here, and nowhere else, we sleep */
    timers_fire();
    empty_inbox(); /* of what other threads have left */
    trace(timeout != 0 && queued == before ? REACTOR_WASTED : REACTOR_WAITED,
          .fd = (int)(queued - before), .number = timeout);
    acting = (struct actor){NULL, 0};
}

void block_on(struct future *future)
{
    if (is_executor)
        fail("block_on inside of a task would stop all others; spawn that, and join it");
    is_executor = true;
    main_task = spawn(future, "main", 0);
    for (run_turn(); task_of(main_task) != NULL; run_turn()) {
        fail_if_stuck();
        wait_for_events();
    }
    while (alive > 0) /* a drop may spawn another */
        for (uint32_t place = 0; place < places; place++)
            cancel(tasks[place].self);
    is_executor = false;
}
