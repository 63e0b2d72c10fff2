/* expects: all whose time has come are woken at once */

void timers_fire(void)
{
    if (timers_next() == 0) {
        struct sleep_for *sleep = heap[1];
        heap_remove(sleep);
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}
