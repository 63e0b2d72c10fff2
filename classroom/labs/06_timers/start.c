/* TODO: how long until the first deadline, in ns? If there is none? If it is over? */
int64_t timers_next(void)
{
    return length > 0 ? NS_PER_MS : -1;
}

/* TODO: all whose time has come, and the earliest first; these are woken, come or not. */
void timers_fire(void)
{
    for (uint32_t n = length; n > 0; n--) {
        struct sleep_for *sleep = heap[1];
        heap_remove(sleep); /* it is woken once */
        trace(REACTOR_TIME, .fd = (int)sleep->ticket, .other = name_of(sleep->waker));
        wake(sleep->waker);
    }
}
