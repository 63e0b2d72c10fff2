#include "view/replay.h"

#include "view/page.h"
#include "view/text.h"
#include "view/words.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a long run we keep the beginning and the end. */
enum { KEPT = 5000 };

/* Not output_lock, which is held for long when a terminal does not take what we print;
 * lock must be held when using these: */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct event first[KEPT];
static struct event last[KEPT]; /* a ring */
static uint64_t steps;          /* with those that are left out */
static bool has_ended;
static bool all_written;

static struct views views;

static void keep(const struct event *event)
{
    if (steps < KEPT)
        first[steps] = *event;
    else
        last[steps % KEPT] = *event;
    steps++;
}

/* ---- a reactor that does not sleep: polls in vain come by the million ---- */

/* A poll is held back until it has brought something. One that was in vain, and has left
 * the task at the end of the queue again, is counted. So are the turns in between, and
 * those in which nobody can run. */
static struct event held[64];
static size_t held_length; /* 0: no poll is under way, or it has brought something */
static bool woke_itself;
static const struct event nothing = {.kind = EXEC_TURN};
static struct event in_vain; /* number: so many polls; fd: and turns */

static void release(void)
{
    if (in_vain.kind != EXEC_TURN)
        keep(&in_vain);
    in_vain = nothing;
    for (size_t i = 0; i < held_length; i++)
        keep(&held[i]);
    held_length = 0;
}

/* `end`: of the poll, or the empty turn. */
static void count_in_vain(const struct event *end, int polls, int turns)
{
    in_vain = (struct event){.kind = EXEC_WASTED,
                             .fd = in_vain.fd + turns,
                             .number = in_vain.number + polls,
                             .where = end->where,
                             .time = end->time};
}

static bool brings_nothing(const struct event *event)
{
    switch (event->kind) {
    case EXEC_WAKE:
        return same_actor(&event->actor, &held[0].actor);
    case FUTURE_WAITS:
    case FUTURE_SLEEPS:
    case FUTURE_ASKS:
    case REACTOR_TIMER:
    case REACTOR_READY:
    case OS_CALL:
    case EXEC_WASTED:
        return true;
    default:
        return false;
    }
}

static void hold(const struct event *event)
{
    bool is_end = event->kind == EXEC_WASTED;

    held[held_length++] = *event;
    woke_itself = woke_itself || event->kind == EXEC_WAKE;
    if (held_length == sizeof held / sizeof held[0] || !brings_nothing(event) ||
        (is_end && !woke_itself))
        release();
    else if (is_end) {
        count_in_vain(event, 1, 0);
        held_length = 0;
    }
}

static bool is_between_turns(enum event_kind kind)
{
    return kind == REACTOR_WAIT || kind == REACTOR_WAITED || kind == REACTOR_WASTED;
}

static void fold(const struct event *event)
{
    if (event->kind == EXEC_POLL) {
        held[0] = *event;
        held_length = 1;
        woke_itself = false;
    } else if (held_length > 0)
        hold(event);
    else if (event->kind == EXEC_TURN &&
             (in_vain.kind == EXEC_WASTED || event->number == 0))
        count_in_vain(event, 0, 1);
    else if (in_vain.kind != EXEC_WASTED || !is_between_turns(event->kind)) {
        release();
        keep(event);
    }
}

static void replay_event(const struct event *event)
{
    pthread_mutex_lock(&lock);
    if (has_ended)
        ; /* the page is written */
    else if (views.tables != NULL && words_of_wait() == NULL)
        fold(event);
    else
        keep(event);
    pthread_mutex_unlock(&lock);
}

/* ---- the end ---- */

static const struct event *step_at(size_t number)
{
    if (number < KEPT)
        return &first[number];
    return steps <= 2L * KEPT ? &last[number % KEPT] : &last[(number + steps) % KEPT];
}

static bool is_long(void)
{
    return steps > 2L * KEPT;
}

static void write_recording(void)
{
    struct recording recording = {
        .views = &views,
        .step = step_at,
        .steps = is_long() ? 2L * KEPT : (size_t)steps,
        .gap = is_long() ? KEPT : 0,
        .left_out = is_long() ? steps - 2L * KEPT : 0,
    };

    all_written = page_write(views.replay_file, &recording);
}

/* Not under the lock: a message takes output_lock, under which events come to us. */
static void say_what_is_missing(int error)
{
    if (!all_written)
        message("cannot write %s: %s; is the disk full?", views.replay_file,
                strerror(error));
    else if (is_long())
        message("--replay leaves out %s events: it keeps the first and the last %d; "
                "take fewer clients to see all",
                words_of_number(steps - 2L * KEPT).text, KEPT);
}

bool replay_end(void)
{
    pthread_mutex_lock(&lock);
    bool is_first = !has_ended;
    if (is_first) {
        release();
        has_ended = true;
        write_recording();
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    if (is_first)
        say_what_is_missing(error);
    return all_written;
}

/* Also when the run fails: then, too, somebody wants to look at it. */
static void end_at_exit(void)
{
    if (!replay_end())
        _exit(EXIT_FAILURE);
}

/* ---- a signal that ends the program ---- */

static int signal_pipe[2];
static volatile sig_atomic_t signals; /* that have come */

/* A page cannot be written in here, and all threads may sleep: so there is one that waits
 * for this byte. `timeout` sends a signal twice; the third ends us at once. */
static void on_signal(int number)
{
    int saved_errno = errno;
    char byte = (char)number;

    if (++signals > 2) {
        signal(number, SIG_DFL);
        raise(number);
    } else if (write(signal_pipe[1], &byte, 1) < 0)
        signals = 2; /* nobody can be told */
    errno = saved_errno;
}

static void *write_and_die(void *unused)
{
    char number;

    while (read(signal_pipe[0], &number, 1) != 1)
        ; /* interrupted */
    if (!replay_end())
        _exit(EXIT_FAILURE);
    signal(number, SIG_DFL);
    raise(number);
    return unused;
}

/* A signal that is ignored stays so. */
static void handle(int number)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction before;

    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) != 0 ||
        (before.sa_handler != SIG_IGN && sigaction(number, &action, NULL) != 0))
        fail("cannot handle signal %d: %s", number, strerror(errno));
}

static void wait_for_signals(void)
{
    pthread_t thread;

    if (pipe(signal_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    int error = pthread_create(&thread, NULL, write_and_die, NULL);
    if (error != 0)
        fail("cannot start a thread for --replay: %s; raise ulimit -u", strerror(error));
    pthread_detach(thread);
    handle(SIGINT);
    handle(SIGTERM);
}

void replay_start(const struct views *wanted)
{
    views = *wanted;
    page_try(views.replay_file);
    atexit(end_at_exit);
    trace_listen((1U << EVENT_KINDS) - 1, replay_event);
    wait_for_signals();
}
