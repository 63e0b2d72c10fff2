/* From another thread: the executor is to wake this task. */
static void leave_in_inbox(struct waker waker)
{
    (void)waker; /* TODO: into the inbox; and who looks there, if the executor sleeps? */
    trace(EXEC_INBOX, .actor = acting);
}

/* In the executor's thread, after each wait: wakes what others have left. */
static void empty_inbox(void)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < inbox_length; i++)
        (void)inbox[i]; /* TODO */
    pthread_mutex_unlock(&lock);
}
