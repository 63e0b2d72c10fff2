/* expects: the earliest is woken first; of equal deadlines, the one that was set first */

void timers_fire(void)
{
    int64_t now = now_ns();

    for (uint32_t i = length; i > 0; i--) {
        struct sleep_for *sleep = heap[i];
        if (sleep->deadline > now)
            continue;
        heap_remove(sleep);
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}
