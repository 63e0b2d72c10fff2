/* expects: no wake is lost */

static void leave_in_inbox(struct waker waker)
{
    pthread_mutex_lock(&lock);
    if (inbox_length % 64 == 0)
        inbox = reallocate(inbox, inbox_length + 64, sizeof *inbox);
    inbox[inbox_length].waker = waker;
    inbox[inbox_length++].by = acting;
    pthread_mutex_unlock(&lock);
    trace(EXEC_INBOX, .actor = acting);
}
