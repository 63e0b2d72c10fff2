#include "view/words.h"

#include "app/stage.h"
#include "core/system.h"
#include "view/terminal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void words_add(struct words *words, const char *format, ...)
{
    size_t room = sizeof words->text - words->length;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(words->text + words->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->length += (size_t)length < room ? (size_t)length : room - 1;
}

const char *role_name(enum role role)
{
    static const char *const names[] = {"EXEC", "FUTURE", "REACTOR", "OS"};

    return names[role];
}

static void add_actor(struct words *words, const struct actor *actor)
{
    char name[ACTOR_NAME];

    actor_name(actor, name);
    words_add(words, "%s", name);
}

struct words words_of_actor(const struct actor *actor)
{
    struct words words = {.length = 0};

    add_actor(&words, actor);
    return words;
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
    words_add(words, "%s", name != NULL ? name : error_text(error));
}

static bool is_one_of(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

/* ---- EXEC ---- */

static void add_by_whom(struct words *words, const struct event *event)
{
    const struct actor *who = &event->other;

    if (who->kind == NULL)
        return;
    if (event->actor.kind == who->kind && event->actor.number == who->number)
        words_add(words, " by its own poll");
    else {
        words_add(words, strcmp(who->kind, "reactor") == 0 ? " by the " : " by ");
        add_actor(words, who);
    }
}

static void add_exec(struct words *words, const struct event *event)
{
    static const char *const done[] = {
        [EXEC_TURN] = "a turn",      [EXEC_SPAWN] = "spawned",
        [EXEC_WAKE] = "woken",       [EXEC_POLL] = "polled",
        [EXEC_PENDING] = "PENDING",  [EXEC_WASTED] = "PENDING: wasted",
        [EXEC_DONE] = "READY: done", [EXEC_CANCEL] = "cancelled",
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
    } else if (is_one_of(event->word, "accept_one", "connect_to"))
        words_add(words, ": fd %" PRId64, event->number);
    else if (strcmp(event->word, "read_some") == 0)
        words_add(words, ": %" PRId64, event->number);
    if (event->other.kind != NULL) {
        words_add(words, ": the end of ");
        add_actor(words, &event->other);
    }
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
        words_add(words, "waits: the end of ");
        add_actor(words, &event->other);
        break;
    default:
        words_add(words, "waits: %s", event->word);
    }
}

/* ---- REACTOR ---- */

static void add_wait(struct words *words, const struct event *event)
{
    if (stage.wait == NULL) {
        words_add(words, "does not wait");
        return;
    }
    words_add(words, "%s on %d descriptor%s, ", stage.wait, event->fd,
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
    add_arrow(words);
    words_add(words, "wake ");
    add_actor(words, &event->other);
}

static void add_reactor(struct words *words, const struct event *event)
{
    switch (event->kind) {
    case REACTOR_WATCH:
        words_add(words, "watches fd %d %s, keeps the waker", event->fd, event->word);
        break;
    case REACTOR_WAIT:
        add_wait(words, event);
        break;
    case REACTOR_READY:
        words_add(words, "fd %d %s", event->fd, event->word);
        if (stage.wait == NULL)
            words_add(words, "? does not look");
        add_wake(words, event);
        break;
    case REACTOR_TIME:
        words_add(words, "a deadline has come");
        add_wake(words, event);
        break;
    default:
        words_add(words, event->number == 0
                             ? "nothing is ready"
                             : "comes back early: a signal, or another thread");
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
                  is_one_of(event->word, "read", "write") ? " bytes" : "");
}

static void add_os(struct words *words, const struct event *event)
{
    if (event->kind == OS_THREAD || event->kind == OS_EXIT) {
        words_add(words,
                  event->kind == OS_THREAD ? "a thread starts" : "the thread ends");
        return;
    }
    words_add(words, "%s", event->word);
    if (event->fd >= 0)
        words_add(words, " on fd %d", event->fd);
    if (event->kind == OS_START)
        words_add(words, " ...");
    else {
        add_arrow(words);
        add_result(words, event);
    }
}

struct words words_of_event(const struct event *event)
{
    struct words words = {.length = 0};

    switch (role_of(event->kind)) {
    case EXEC:
        add_exec(&words, event);
        break;
    case FUTURE:
        add_future(&words, event);
        break;
    case REACTOR:
        add_reactor(&words, event);
        break;
    case OS:
        add_os(&words, event);
        break;
    }
    return words;
}
