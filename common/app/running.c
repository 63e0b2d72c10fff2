#include "app/running.h"

#include "app/response.h"
#include "app/tally.h"
#include "core/io.h"
#include "core/trace.h"

static long running;        /* responses */
static struct waker waiter; /* for the last of them to end; no task: nobody waits */

void response_starts(void)
{
    count_response_started();
    running++;
}

void hang_up(int fd, bool whole)
{
    if (whole)
        count_response_completed();
    discard_input(fd);
    forget_and_close(fd);
    if (--running == 0)
        wake(waiter);
}

long responses_running(void)
{
    return running;
}

static enum poll_result all_answered_poll(struct future *future, struct context *cx)
{
    (void)future;
    if (running == 0) {
        trace(FUTURE_READY, NULL, "all_answered", -1, 0);
        return READY;
    }
    waiter = cx->waker;
    trace_pending(FUTURE_ASKS, NULL, "the last response", -1, 0);
    return PENDING;
}

struct all_answered all_answered(void)
{
    return (struct all_answered){.future = {all_answered_poll, NULL}};
}
