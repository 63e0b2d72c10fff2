/* expects: each is woken once, when its time has come */

void timers_fire(void)
{
    while (length > 0 && heap[1]->deadline - now_ns() < 4 * NS_PER_MS) {
        struct sleep_for *sleep = heap[1];
        heap_remove(sleep);
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}
