/* expects: without a deadline the reactor waits without a limit */

int64_t timers_next(void)
{
    int64_t left = length > 0 ? heap[1]->deadline - now_ns() : 0;

    return left > 0 ? left : 0;
}

void timers_fire(void)
{
    while (length > 0 && timers_next() == 0) {
        struct sleep_for *sleep = heap[1];
        heap_remove(sleep);
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}
