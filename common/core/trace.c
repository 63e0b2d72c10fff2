#include "core/trace.h"

#include "core/message.h"
#include "core/system.h"

#include <pthread.h>
#include <stdio.h>

static const struct actor nobody;

_Thread_local struct calls calls;
_Thread_local const struct actor *acting = &nobody;
_Thread_local int64_t trace_spent;
struct last_words last_words;
uint64_t trace_counts[EVENT_KINDS];
void (*before_turn)(void);

#ifndef WITHOUT_EVENT_LOG
bool trace_on;
#endif

enum { LISTENERS = 8 };
static pthread_mutex_t lock;
/* lock must be held when using these: */
static void (*listeners[LISTENERS])(const struct event *event);
static int listening;
static int64_t start;

enum role role_of(enum event_kind kind)
{
    if (kind < FUTURE_READY)
        return EXEC;
    if (kind < REACTOR_WATCH)
        return FUTURE;
    return kind < OS_START ? REACTOR : OS;
}

bool tells_queue_length(enum event_kind kind)
{
    return kind == EXEC_TURN || kind == EXEC_SPAWN || kind == EXEC_WAKE ||
           kind == EXEC_POLL;
}

void actor_name(const struct actor *actor, char name[ACTOR_NAME])
{
    const char *format = actor->number == 0 ? "%.40s" : "%.40s %ld";

    snprintf(name, ACTOR_NAME, format, actor->kind == NULL ? "" : actor->kind,
             actor->number);
}

/* Recursive, because a listener may end the program, and that ends the log. */
static void begin(void)
{
    pthread_mutexattr_t attributes;

    if (pthread_mutexattr_init(&attributes) != 0 ||
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE) != 0 ||
        pthread_mutex_init(&lock, &attributes) != 0)
        fail("cannot make a lock for the event log");
    pthread_mutexattr_destroy(&attributes);
    start = now_ns();
#ifndef WITHOUT_EVENT_LOG
    trace_on = true;
#endif
}

void trace_listen(void (*listener)(const struct event *event))
{
    if (listening == 0)
        begin();
    listeners[listening++] = listener;
}

void trace_event(enum event_kind kind, const struct actor *actor,
                 const struct actor *other, const char *word, int fd, int64_t number)
{
    int saved_errno = errno;
    struct event event = {
        .kind = kind,
        .fd = fd,
        .actor = *actor,
        .other = other != NULL ? *other : nobody,
        .word = word,
        .number = number,
    };

    pthread_mutex_lock(&lock);
    event.time = now_ns() - start;
    for (int i = 0; i < listening; i++)
        listeners[i](&event);
    pthread_mutex_unlock(&lock);
    trace_spent += now_ns() - start - event.time;
    errno = saved_errno;
}

void trace_end(void)
{
    if (!trace_on)
        return; /* there is no lock */
    pthread_mutex_lock(&lock);
    listening = 0;
    pthread_mutex_unlock(&lock);
}
