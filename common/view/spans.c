#include "view/spans.h"

#include <stdlib.h>
#include <string.h>

static struct span *spans; /* in order of their numbers */
static long length;
static long capacity;

static long *span_of_fd; /* only where we serve: the connection's number, 0: none */
static long fds;

static bool serves;
static int64_t total;

/* ---- what the events say ---- */

static struct span *span_of(long number)
{
    if (number > capacity) {
        long larger = 2 * number + 64;
        spans = reallocate(spans, (size_t)larger, sizeof *spans);
        for (; capacity < larger; capacity++)
            spans[capacity] = (struct span){capacity + 1, -1, -1, -1};
    }
    if (number > length)
        length = number;
    return &spans[number - 1];
}

static long *connection_of(int64_t fd)
{
    if (fd >= fds) {
        long larger = 2 * (long)fd + 64;
        span_of_fd = reallocate(span_of_fd, (size_t)larger, sizeof *span_of_fd);
        for (; fds < larger; fds++)
            span_of_fd[fds] = 0;
    }
    return &span_of_fd[fd];
}

static void note_connection(const struct event *event)
{
    if (strcmp(event->word, "accept") == 0 && event->number >= 0) {
        *connection_of(event->number) = length + 1;
        struct span *span = span_of(length + 1);
        span->from = span->served = event->time;
    }
    if (strcmp(event->word, "close") == 0 && *connection_of(event->fd) > 0) {
        span_of(*connection_of(event->fd))->to = event->time;
        *connection_of(event->fd) = 0;
    }
}

static void note_client(const struct event *event)
{
    struct span *span = span_of(event->actor.number);

    if (span->from < 0)
        span->from = event->time;
    if (event->kind != OS_CALL)
        return;
    if (span->served < 0 && event->number > 0 && strcmp(event->word, "read") == 0)
        span->served = event->time;
    if (strcmp(event->word, "close") == 0)
        span->to = event->time;
}

static void spans_event(const struct event *event)
{
    const char *kind = event->actor.kind;

    total = event->time;
    if (serves && event->kind == OS_CALL)
        note_connection(event);
    if (!serves && kind != NULL && strcmp(kind, "client") == 0 && event->actor.number > 0)
        note_client(event);
}

/* ---- what has become of it ---- */

/* Who was never served comes last. */
static int served_earlier(const void *a, const void *b)
{
    const struct span *one = a;
    const struct span *other = b;

    if (one->served == other->served)
        return one->number < other->number ? -1 : 1;
    if (one->served < 0 || other->served < 0)
        return one->served < 0 ? 1 : -1;
    return one->served < other->served ? -1 : 1;
}

long spans_in_order(const struct span **first)
{
    if (length > 0)
        qsort(spans, (size_t)length, sizeof *spans, served_earlier);
    *first = spans;
    return length;
}

int64_t spans_total(void)
{
    return total > 0 ? total : 1;
}

void spans_start(bool only_serves)
{
    serves = only_serves;
    trace_listen((1U << EVENT_KINDS) - 1, spans_event);
}
