#include "view/doctor.h"

#include "view/dump.h"
#include "view/habits.h"
#include "view/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static const struct tables *tables; /* NULL: there are no tasks */

/* ---- stuck tasks ---- */

static const struct diagnosis {
    const char *last_event;
    const char *mistake;
} diagnoses[EVENT_KINDS] = {
    [FUTURE_WAITS] = {"it waits for",
                      "the reactor never got its waker, or lost it when the descriptor "
                      "was closed, or another waker took its place"},
    [FUTURE_SLEEPS] = {"it waits for a deadline",
                       "its sleep was dropped, or copied after its first poll"},
    [FUTURE_JOINS] = {"it waits for the end of another task",
                      "none of its own; the other one is in this list, too"},
    [FUTURE_ASKS] = {"it waits for something that should wake it",
                     "nobody was given its waker, or who has it forgot it, or "
                     "another one took its place"},
    [EXEC_POLL] = {"it was polled, and returned PENDING",
                   "it returned PENDING without leaving a waker, or that was an old one"},
};

static void say_why_stuck(struct waker task, const struct event *said)
{
    const struct diagnosis *diagnosis = &diagnoses[said->kind];
    struct words fd = {.length = 0};

    if (task.generation == 0 || said->actor.kind == NULL)
        return; /* a joiner */
    if (diagnosis->mistake == NULL)
        diagnosis = &diagnoses[EXEC_POLL];
    if (said->kind == FUTURE_WAITS)
        words_add(&fd, " fd %d", said->fd);
    message("stuck: %s; last event: %s%s; likely mistake: %s",
            words_of_actor(&said->actor).text, diagnosis->last_event, fd.text,
            diagnosis->mistake);
}

/* ---- Ctrl-\ ---- */

static struct call call; /* that the executor's thread is in */
static volatile sig_atomic_t dump_is_wanted;

static void on_quit(int number)
{
    int saved_errno = errno;

    (void)number;
    if (call.name != NULL)
        dump_call(&call, "the executor", 0);
    dump_is_wanted = 1;
    tables->interrupt();
    errno = saved_errno;
}

static void handle(int number, void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL) != 0)
        fail("cannot handle signal %d: %s", number, strerror(errno));
}

/* ---- start ---- */

static void doctor_event(const struct event *event)
{
    if (event->kind == EXEC_STUCK)
        tables->visit_tasks(say_why_stuck);
    if (!dump_is_wanted)
        return;
    dump_is_wanted = 0;
    dump_tasks(tables);
}

void doctor_lists_odd_tasks(void)
{
    if (tables != NULL)
        dump_odd_tasks(tables);
}

void doctor_start(const struct views *views)
{
    tables = views->tables;
    if (tables == NULL)
        return;
    under_way = &call;
    handle(SIGQUIT, on_quit);
    handle(SIGCONT, habits_was_stopped);
    trace_listen(1U << EXEC_TURN | 1U << EXEC_STUCK, doctor_event);
    habits_start(views);
}
