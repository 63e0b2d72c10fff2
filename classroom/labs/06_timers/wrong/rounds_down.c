/* expects: each is woken once, when its time has come */

int64_t timers_next(void)
{
    int64_t left = length > 0 ? heap[1]->deadline - now_ns() : -1;

    if (length > 0 && left < 0)
        return 0;
    return length > 0 ? left / NS_PER_MS * NS_PER_MS : -1;
}
