/* expects: all that is in the inbox is taken out at once */

static void empty_inbox(void)
{
    struct actor before = acting;

    pthread_mutex_lock(&lock);
    if (inbox_length > 0) {
        inbox_length--;
        acting = inbox[inbox_length].by;
        wake_here(task_of(inbox[inbox_length].waker));
    }
    pthread_mutex_unlock(&lock);
    acting = before;
}
