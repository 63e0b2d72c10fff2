/* expects: while all sleep the reactor waits, and does not only look again and again */

int64_t timers_next(void)
{
    return length > 0 ? 0 : -1;
}

void timers_fire(void)
{
    while (length > 0 && heap[1]->deadline <= now_ns()) {
        struct sleep_for *sleep = heap[1];
        heap_remove(sleep);
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}
