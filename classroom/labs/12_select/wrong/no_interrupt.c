/* expects: an interrupt ends a wait that has no limit */

void reactor_interrupt(void)
{
}
