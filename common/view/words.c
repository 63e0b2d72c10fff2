#include "view/words.h"

#include "view/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *wait_call; /* in which the reactor sleeps; NULL: it does not */

void words_start(const char *how)
{
    wait_call = call_to_sleep(how);
}

const char *words_of_wait(void)
{
    return wait_call;
}

/* ---- parts ---- */

/* " of client 3", or nothing if it has no name */
static void add_actor(struct words *words, const char *before, const struct actor *actor)
{
    if (actor->kind != NULL)
        words_add(words, "%s%s", before, words_of_actor(actor).text);
}

static void add_arrow(struct words *words)
{
    words_add(words, "%s", terminal_has_utf8() ? " → " : " -> ");
}

static void add_ms(struct words *words, int64_t ns)
{
    words_add(words, "%.1f ms", (double)ns / (double)NS_PER_MS);
}

static void add_error(struct words *words, int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {EAGAIN, "EAGAIN"},         {EINPROGRESS, "EINPROGRESS"},
        {EINTR, "EINTR"},           {ECONNREFUSED, "ECONNREFUSED"},
        {ECONNRESET, "ECONNRESET"}, {ECONNABORTED, "ECONNABORTED"},
        {EPIPE, "EPIPE"},           {ETIMEDOUT, "ETIMEDOUT"},
        {EMFILE, "EMFILE"},         {ENFILE, "ENFILE"},
        {ENOTCONN, "ENOTCONN"},     {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
    };
    const char *name = NULL;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].error == error)
            name = names[i].name;
    words_add(words, "%s", name != NULL ? name : strerror(error));
}

static bool is_one_of(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

/* ---- EXEC ---- */

static void add_by_whom(struct words *words, const struct event *event)
{
    const struct actor *who = &event->other;

    if (same_actor(&event->actor, who))
        words_add(words, " by its own poll");
    else if (who->kind != NULL)
        add_actor(words, strcmp(who->kind, "reactor") == 0 ? " by the " : " by ", who);
}

static void add_exec(struct words *words, const struct event *event)
{
    static const char *const done[] = {
        [EXEC_TURN] = "a turn",      [EXEC_SPAWN] = "spawned",
        [EXEC_WAKE] = "woken",       [EXEC_INBOX] = "leaves a wake for the executor",
        [EXEC_POLL] = "polled",      [EXEC_PENDING] = "PENDING",
        [EXEC_DONE] = "READY: done", [EXEC_WASTED] = "PENDING: wasted",
        [EXEC_CANCEL] = "cancelled", [EXEC_STUCK] = "no task can ever be woken again",
    };

    words_add(words, "%s", done[event->kind]);
    if (event->kind == EXEC_SPAWN || event->kind == EXEC_WAKE ||
        event->kind == EXEC_CANCEL)
        add_by_whom(words, event);
    if (tells_queue_length(event->kind))
        words_add(words, "; run queue: %" PRId64, event->number);
}

/* ---- FUTURE ---- */

static void add_ready(struct words *words, const struct event *event)
{
    words_add(words, "%s is ready", event->word);
    if (event->number < 0) {
        words_add(words, ": ");
        add_error(words, (int)-event->number);
    } else if (strcmp(event->word, "connect_to") == 0)
        words_add(words, ": fd %d", event->fd);
    else if (strcmp(event->word, "timeout") == 0)
        words_add(words, ": in time");
    else if (strcmp(event->word, "accept_one") == 0)
        words_add(words, ": fd %" PRId64, event->number);
    else if (strcmp(event->word, "read_some") == 0)
        words_add(words, ": %" PRId64, event->number);
}

static void add_future(struct words *words, const struct event *event)
{
    switch (event->kind) {
    case FUTURE_READY:
        add_ready(words, event);
        break;
    case FUTURE_WAITS:
        words_add(words, "waits: fd %d %s", event->fd, event->word);
        break;
    case FUTURE_SLEEPS:
        words_add(words, "waits: deadline in ");
        add_ms(words, event->number);
        words_add(words, ", a timer keeps its waker");
        break;
    case FUTURE_JOINS:
        add_actor(words, "waits: the end of ", &event->other);
        break;
    default:
        words_add(words, "waits: %s", event->word);
    }
}

/* ---- REACTOR ---- */

static void add_wait(struct words *words, const struct event *event)
{
    if (wait_call == NULL) {
        words_add(words, "does not wait");
        return;
    }
    words_add(words, "%s on %d descriptor%s, ", wait_call, event->fd,
              event->fd == 1 ? "" : "s");
    if (event->number <= 0)
        words_add(words, event->number == 0 ? "only looks" : "no limit");
    else {
        words_add(words, "at most ");
        add_ms(words, event->number);
    }
}

static void add_wake(struct words *words, const struct event *event)
{
    if (event->other.kind == NULL)
        words_add(words, ", and nobody waits for that");
    else {
        add_arrow(words);
        add_actor(words, "wake ", &event->other);
    }
}

/* Who acts leaves its waker with the reactor, or takes it back; or another's. */
static void add_leaves(struct words *words, const struct event *event)
{
    bool is_taken = event->other.kind == NULL || event->kind == REACTOR_UNTIMER;
    bool is_its_own = same_actor(&event->other, &event->actor);

    words_add(words, "%s %s waker", is_taken ? "takes" : "leaves",
              is_its_own ? "its" : "the");
    if (!is_its_own)
        add_actor(words, " of ", &event->other);
    words_add(words, is_taken ? " back: " : ": ");
}

static void add_reactor(struct words *words, const struct event *event)
{
    switch (event->kind) {
    case REACTOR_WATCH:
        add_leaves(words, event);
        words_add(words, "fd %d %s", event->fd, event->word);
        break;
    case REACTOR_FORGET:
        words_add(words, "forgets fd %d", event->fd);
        break;
    case REACTOR_TIMER:
    case REACTOR_UNTIMER:
        add_leaves(words, event);
        words_add(words, "a deadline");
        break;
    case REACTOR_WAIT:
        add_wait(words, event);
        break;
    case REACTOR_READY:
        words_add(words, "fd %d %s", event->fd, event->word);
        words_add(words, wait_call == NULL ? "? does not look" : "");
        add_wake(words, event);
        break;
    case REACTOR_TIME:
        words_add(words, "a deadline has come");
        add_wake(words, event);
        break;
    case REACTOR_WASTED:
        words_add(words, "comes back early: "
                         "a signal, a thread, or too short a time-out");
        break;
    default:
        words_add(words,
                  event->fd > 0 ? "comes back: %d woken"
                                : "comes back: nobody new is woken",
                  event->fd);
    }
}

/* ---- OS ---- */

static void add_result(struct words *words, const struct event *event)
{
    if (event->number < 0)
        add_error(words, (int)-event->number);
    else if (is_one_of(event->word, "accept", "socket"))
        words_add(words, "fd %" PRId64, event->number);
    else if (event->number == 0 && strcmp(event->word, "read") == 0)
        words_add(words, "0, end of stream");
    else
        words_add(words, "%" PRId64 "%s", event->number,
                  !is_one_of(event->word, "read", "write") ? ""
                  : event->number == 1                     ? " byte"
                                                           : " bytes");
}

static void add_os(struct words *words, const struct event *event)
{
    if (event->kind == OS_THREAD || event->kind == OS_EXIT) {
        words_add(words,
                  event->kind == OS_THREAD ? "a thread starts" : "the thread ends");
        return;
    }
    words_add(words, event->fd > 0 ? "%s on fd %d" : "%s", event->word, event->fd);
    if (event->kind == OS_START)
        words_add(words, " ...");
    else {
        add_arrow(words);
        add_result(words, event);
    }
}

struct words words_of_event(const struct event *event)
{
    static void (*const add[])(struct words * words, const struct event *event) = {
        [EXEC] = add_exec, [FUTURE] = add_future, [REACTOR] = add_reactor, [OS] = add_os};
    struct words words = {.length = 0};

    add[role_of(event->kind)](&words, event);
    return words;
}
