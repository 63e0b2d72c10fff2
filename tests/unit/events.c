/* Unit tests of the event log: what changes a table is an event, which names the line
 * that caused it; and of the visits of the tables. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fds[2];
static char byte;
static struct operation reading;

/* Whether the kind was heard, once, from a line of this file; forgets it. */
static bool heard_once(enum event_kind kind, const char *file)
{
    struct heard it = heard[kind];
    const char *line = strrchr(it.where, ':');

    memset(&heard[kind], 0, sizeof heard[kind]);
    return it.times == 1 && strstr(it.where, file) != NULL && line != NULL &&
           atoi(line + 1) > 0;
}

/* By stage4_poll/reactor.c, stage5_epoll/kqueue.c, classroom/reactors/select.c, ... */
static bool reactor_heard(enum event_kind kind)
{
    const char *where = heard[kind].where;

    return strstr(where, "reactor") != NULL || strstr(where, "kqueue") != NULL;
}

static bool reactor_heard_once(enum event_kind kind)
{
    return reactor_heard(kind) && heard_once(kind, ".c");
}

static void test_events_do_not_change_errno(void)
{
    hear(BIT(OS_CALL) | BIT(FUTURE_READY));
    errno = EAGAIN;
    trace(FUTURE_READY, .word = "");
    CHECK(errno == EAGAIN && heard_once(FUTURE_READY, "tests/unit/events.c"));
    CHECK(called("read", -1, read(-1, &byte, 1)) == -EBADF);
    CHECK(heard[OS_CALL].last.number == -EBADF && heard[OS_CALL].last.fd == -1);
    CHECK(heard_once(OS_CALL, "tests/unit/events.c"));
}

static void test_who_does_not_listen_hears_nothing(void)
{
    hear(BIT(OS_CALL));
    trace(FUTURE_READY, .word = "");
    CHECK(heard[FUTURE_READY].times == 0 && trace_count[FUTURE_READY] == 1);
    trace_end();
    trace(OS_CALL, .word = "");
    CHECK(heard[OS_CALL].times == 0);
}

/* ---- the table of the reactor ---- */

static void test_each_change_of_a_watch_is_an_event(void)
{
    hear(BIT(REACTOR_WATCH) | BIT(REACTOR_FORGET) | BIT(REACTOR_READY) |
         BIT(FUTURE_WAITS));
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    CHECK(poll_by_hand(&reading.future) == PENDING);
    CHECK(heard[FUTURE_WAITS].last.fd == fds[0]);
    CHECK(strcmp(heard[FUTURE_WAITS].last.word, "readable") == 0);
    CHECK(heard_once(FUTURE_WAITS, "common/core/io.c"));
    if (is_busy()) { /* it keeps nothing */
        CHECK(reactor_heard_once(REACTOR_READY));
        return;
    }
    CHECK(heard[REACTOR_WATCH].last.fd == fds[0]);
    CHECK(reactor_heard_once(REACTOR_WATCH));
    future_drop(&reading.future); /* takes the waker back */
    CHECK(heard[REACTOR_WATCH].last.other.kind == NULL);
    CHECK(reactor_heard_once(REACTOR_WATCH));
    future_drop(&reading.future); /* there is nothing to take back */
    CHECK(heard[REACTOR_WATCH].times == 0);

    CHECK(poll_by_hand(&reading.future) == PENDING);
    CHECK(write(fds[1], "x", 1) == 1);
    reactor_wait(0);
    CHECK(heard[REACTOR_READY].last.fd == fds[0]);
    CHECK(reactor_heard(REACTOR_READY));
    reactor_forget(fds[0]);
    CHECK(heard[REACTOR_FORGET].last.fd == fds[0]);
    CHECK(reactor_heard_once(REACTOR_FORGET));
}

/* A listener that knows only these events knows the table. */
static int watchers;

static void count_watchers(const struct event *event)
{
    static struct {
        bool kept[2];
    } table[1024];
    bool is_writable = event->word != NULL && strcmp(event->word, "writable") == 0;
    bool *kept = &table[event->fd].kept[is_writable];

    if (event->kind == REACTOR_FORGET) {
        watchers -= table[event->fd].kept[0] + table[event->fd].kept[1];
        memset(&table[event->fd], 0, sizeof table[event->fd]);
        return;
    }
    watchers -= *kept;
    *kept = event->kind == REACTOR_WATCH && event->other.kind != NULL;
    watchers += *kept;
    CHECK((size_t)watchers == reactor_watching);
}

static void open_some_and_wait(void)
{
    static struct operation reads[40];
    static char bytes[40];

    for (int i = 0; i < 40; i++) {
        make_pair(fds);
        reads[i] = read_some(fds[0], &bytes[i], 1);
        spawn(&note_end_of(&reads[i].future, 'a')->future, "reader", i);
        if (i % 3 == 0)
            CHECK(write(fds[1], "x", 1) == 1);
        if (i % 3 == 1)
            close(fds[1]);
    }
}

static void test_a_listener_knows_the_table_of_the_reactor(void)
{
    if (is_busy())
        return; /* it has none */
    trace_listen(BIT(REACTOR_WATCH) | BIT(REACTOR_FORGET) | BIT(REACTOR_READY),
                 count_watchers);
    in_one_run(open_some_and_wait, NULL, NULL);
    CHECK(watchers == 0 && reactor_watching == 0);
}

/* ---- deadlines ---- */

static void test_each_change_of_a_deadline_is_an_event(void)
{
    struct sleep_for sleep = sleep_for(10000 * MS);

    hear(BIT(REACTOR_TIMER) | BIT(REACTOR_UNTIMER) | BIT(REACTOR_TIME) |
         BIT(FUTURE_SLEEPS));
    CHECK(poll_by_hand(&sleep.future) == PENDING);
    CHECK(heard_once(REACTOR_TIMER, "common/core/timer.c"));
    CHECK(heard_once(FUTURE_SLEEPS, "common/core/timer.c"));
    future_drop(&sleep.future);
    CHECK(heard_once(REACTOR_UNTIMER, "common/core/timer.c"));
    future_drop(&sleep.future);

    sleep = sleep_for(10000 * MS);
    CHECK(poll_by_hand(&sleep.future) == PENDING);
    sleep.deadline = now_ns(); /* it is the only one, so it stays where it is */
    timers_fire();
    CHECK(heard_once(REACTOR_TIME, "common/core/timer.c"));
    CHECK(poll_by_hand(&sleep.future) == READY);
    CHECK(heard[REACTOR_UNTIMER].times == 0); /* it had no deadline any more */
}

/* ---- the inbox ---- */

static void *wake_m_as_thread_7(void *unused)
{
    acting = (struct actor){"thread", 7};
    wake(wakers['m' - 'a']);
    return unused;
}

static enum poll_result wait_for_thread_7(struct script *self, struct context *cx)
{
    pthread_t thread;

    if (self->polls == 2)
        return READY;
    wakers['m' - 'a'] = cx->waker;
    CHECK(pthread_create(&thread, NULL, wake_m_as_thread_7, NULL) == 0);
    pthread_join(thread, NULL);
    CHECK(heard[EXEC_INBOX].last.actor.number == 7 && heard[EXEC_WAKE].times == 0);
    return PENDING;
}

static void test_a_wake_through_the_inbox_is_two_events(void)
{
    struct script main_script = script(wait_for_thread_7, 'm');

    hear(BIT(EXEC_INBOX) | BIT(EXEC_WAKE));
    block_on(&main_script.future);
    CHECK(heard_once(EXEC_INBOX, "common/core/task.c"));
    CHECK(heard[EXEC_WAKE].last.other.number == 7);
    CHECK(strcmp(heard[EXEC_WAKE].last.actor.kind, "main") == 0);
    CHECK(heard_once(EXEC_WAKE, "common/core/task.c"));
}

/* ---- tasks ---- */

static void test_the_life_of_a_task_is_events(void)
{
    hear(BIT(EXEC_SPAWN) | BIT(EXEC_CANCEL) | BIT(EXEC_DONE));
    struct waker task = spawn_script(note_and_end, 'a');
    CHECK(heard[EXEC_SPAWN].last.actor.number == 'a');
    CHECK(heard_once(EXEC_SPAWN, "common/core/task.c"));
    cancel(task);
    CHECK(heard[EXEC_CANCEL].last.actor.number == 'a');
    CHECK(heard_once(EXEC_CANCEL, "common/core/task.c"));
    spawn_script(note_and_end, 'b');
    sleep_in_main(1 * MS);
    CHECK(heard[EXEC_DONE].times == 2 && heard[EXEC_CANCEL].times == 0);
}

/* ---- visits ---- */

static int visits;
static struct {
    struct waker waker;
    struct event event;
} visited[16];

static void keep_visit(struct waker waker, const struct event *event)
{
    if (waker.generation == 0)
        return; /* nobody is kept nowhere */
    CHECK(visits < 16);
    visited[visits].waker = waker;
    visited[visits++].event = *event;
}

/* What was said to a visit with this waker; of a joiner or not. */
static const struct event *said_of(struct waker waker, bool of_joiner)
{
    for (int i = 0; i < visits; i++)
        if (visited[i].waker.place == waker.place &&
            visited[i].waker.generation == waker.generation &&
            (visited[i].event.actor.kind == NULL) == of_joiner)
            return &visited[i].event;
    die(__FILE__, __LINE__, "there is no such visit");
}

static struct waker reader, sleeper, joiner, silent, newest;
static struct join_task join;

static void spawn_one_of_each(void)
{
    make_pair(fds);
    reading = read_some(fds[0], &byte, 1);
    reader = spawn(&note_end_of(&reading.future, 'r')->future, "reader", 1);
    sleeper = spawn(&heap_sleeper('s', 10000)->future, "sleeper", 2);
    join = join_task(sleeper);
    joiner = spawn(&note_end_of(&join.future, 'j')->future, "joiner", 3);
    silent = spawn_script(note_and_stay, 'x');
}

static void visit_tasks(void)
{
    newest = spawn_script(note_and_end, 'n');
    visits = 0;
    tasks_visit(keep_visit);
    CHECK(visits == 6 + 1); /* main, five, and one joiner */
    CHECK(said_of(reader, false)->kind == FUTURE_WAITS || is_busy());
    CHECK(said_of(reader, false)->fd == fds[0] || is_busy());
    CHECK(said_of(sleeper, false)->kind == FUTURE_SLEEPS);
    CHECK(said_of(joiner, false)->kind == FUTURE_JOINS);
    CHECK(said_of(silent, false)->kind == EXEC_POLL);
    CHECK(said_of(newest, false)->kind == EXEC_SPAWN);
    CHECK(said_of(newest, false)->number == 1); /* it is queued */
    CHECK(said_of(silent, false)->number == 0);
    CHECK(said_of(joiner, true)->kind == FUTURE_JOINS);
    CHECK(said_of(joiner, true)->other.number == 2); /* kept by the sleeper */
}

static void visit_reactor_and_timers(void)
{
    visits = 0;
    timers_visit(keep_visit);
    CHECK(visits == 1 && visited[0].event.kind == REACTOR_TIMER);
    CHECK(visited[0].event.number > 0 && visited[0].waker.place == sleeper.place);
    visits = 0;
    reactor_visit(keep_visit);
    if (is_busy()) {
        CHECK(visits == 0);
        return;
    }
    CHECK(visits == 1 && (size_t)visits == reactor_watching);
    CHECK(visited[0].event.kind == REACTOR_WATCH && visited[0].event.fd == fds[0]);
    CHECK(strcmp(visited[0].event.word, "readable") == 0);
    CHECK(visited[0].waker.place == reader.place);
}

static void test_visits(void)
{
    in_one_run(spawn_one_of_each, visit_tasks, visit_reactor_and_timers);
    visits = 0;
    tasks_visit(keep_visit);
    timers_visit(keep_visit);
    CHECK(visits == 0);
}

const struct test event_tests[] = {
    TEST(events_do_not_change_errno),
    TEST(who_does_not_listen_hears_nothing),
    TEST(each_change_of_a_watch_is_an_event),
    TEST(a_listener_knows_the_table_of_the_reactor),
    TEST(each_change_of_a_deadline_is_an_event),
    TEST(a_wake_through_the_inbox_is_two_events),
    TEST(the_life_of_a_task_is_events),
    TEST(visits),
    {NULL, NULL},
};
