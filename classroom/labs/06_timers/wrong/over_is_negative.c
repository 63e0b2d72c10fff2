/* expects: what is over before the reactor is asked wakes its sleeper all the same */

int64_t timers_next(void)
{
    return length > 0 ? heap[1]->deadline - now_ns() : -1;
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
