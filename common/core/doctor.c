#include "core/doctor.h"

#include "core/message.h"
#include "core/system.h"

#include <stdio.h>

enum {
    LONG_POLL_MS = 50,
    MANY_POLLS = 10, /* a task of fewer polls may well have woken itself in most */
};

static struct {
    long count;
    int64_t longest; /* ns */
    struct actor task;
} long_polls;

static struct {
    long count;
    uint32_t polls; /* of the busiest */
    uint32_t self_wakes;
    struct actor task;
} busy_tasks;

void doctor_looks_at_poll(const struct actor *task, int64_t took)
{
    if (took <= LONG_POLL_MS * NS_PER_MS)
        return;
    long_polls.count++;
    if (took > long_polls.longest) {
        long_polls.longest = took;
        long_polls.task = *task;
    }
}

void doctor_looks_at_task(const struct actor *task, uint32_t polls, uint32_t self_wakes)
{
    if (polls < MANY_POLLS || self_wakes <= polls / 2)
        return;
    busy_tasks.count++;
    if (self_wakes > busy_tasks.self_wakes) {
        busy_tasks.polls = polls;
        busy_tasks.self_wakes = self_wakes;
        busy_tasks.task = *task;
    }
}

static void warn_of_busy_tasks(void)
{
    char name[ACTOR_NAME];

    if (busy_tasks.count == 0)
        return;
    actor_name(&busy_tasks.task, name);
    message(
        "busy: %s woke itself in %.1f %% of its %u polls (tasks like that: %ld); either "
        "its future should leave its waker instead of calling it, or the reactor should "
        "wait",
        name, 100.0 * busy_tasks.self_wakes / busy_tasks.polls, busy_tasks.polls,
        busy_tasks.count);
}

static void warn_of_long_polls(void)
{
    char name[ACTOR_NAME];

    if (long_polls.count == 0)
        return;
    actor_name(&long_polls.task, name);
    message(
        "blocked: a poll of %s took %.0f ms (polls over %d ms: %ld), and no other task "
        "could run; what computes or blocks belongs on a thread",
        name, (double)long_polls.longest / (double)NS_PER_MS, LONG_POLL_MS,
        long_polls.count);
}

void doctor_warns(void)
{
    warn_of_busy_tasks();
    warn_of_long_polls();
}

/* ---- stuck tasks ---- */

struct diagnosis {
    const char *last_event;
    const char *mistake;
};

static struct diagnosis diagnose(enum event_kind last)
{
    switch (last) {
    case FUTURE_WAITS:
        return (struct diagnosis){
            "it waits for",
            "the reactor never got its waker, or lost it when the descriptor was closed, "
            "or another waker took its place"};
    case FUTURE_SLEEPS:
        return (struct diagnosis){
            "it waits for a deadline",
            "its sleep was dropped, or copied after its first poll"};
    case FUTURE_JOINS:
        return (struct diagnosis){"it waits for the end of another task",
                                  "none of its own; the other one is in this list, too"};
    case FUTURE_ASKS:
        return (struct diagnosis){
            "it waits for something that should wake it",
            "who has its waker forgot it, or another waker took its place"};
    default:
        return (struct diagnosis){
            "it was polled, and returned PENDING",
            "it returned PENDING without leaving a waker, or that was an old one"};
    }
}

void doctor_says_why_stuck(const struct actor *task, struct last_words last)
{
    struct diagnosis diagnosis = diagnose(last.kind);
    char name[ACTOR_NAME];
    char fd[24] = "";

    actor_name(task, name);
    if (last.kind == FUTURE_WAITS)
        snprintf(fd, sizeof fd, " fd %d", last.fd);
    message("stuck: %s; last event: %s%s; likely mistake: %s", name, diagnosis.last_event,
            fd, diagnosis.mistake);
}
