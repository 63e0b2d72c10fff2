/* expects: data race */

static void leave_in_inbox(struct waker waker)
{
    if (inbox_length % 64 == 0)
        inbox = reallocate(inbox, inbox_length + 64, sizeof *inbox);
    inbox[inbox_length].waker = waker;
    inbox[inbox_length++].by = acting;
    trace(EXEC_INBOX, .actor = acting);
    reactor_interrupt();
}

static void empty_inbox(void)
{
    struct actor before = acting;

    (void)lock;
    for (size_t i = 0; i < inbox_length; i++) {
        acting = inbox[i].by;
        wake_here(task_of(inbox[i].waker));
    }
    inbox_length = 0;
    acting = before;
}
