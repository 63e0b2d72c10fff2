/* expects: who is forgotten leaves no waker behind */

void reactor_forget(int fd)
{
    table[fd].registered = false;
    table[fd].exceptional = 0;
    trace(REACTOR_FORGET, .fd = fd);
}
