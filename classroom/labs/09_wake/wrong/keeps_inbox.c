/* expects: what was taken out is no longer in the inbox */

static void empty_inbox(void)
{
    struct actor before = acting;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < inbox_length; i++) {
        acting = inbox[i].by;
        wake_here(task_of(inbox[i].waker));
    }
    pthread_mutex_unlock(&lock);
    acting = before;
}
