/* expects: a wait for the first deadline lasts until then */

int64_t timers_next(void)
{
    int64_t left = length > 0 ? heap[1]->deadline - now_ns() : -1;

    if (length == 0)
        return -1;
    return left > 0 ? left / NS_PER_MS * NS_PER_MS : 0;
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
