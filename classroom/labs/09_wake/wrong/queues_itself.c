/* expects: data race */

static void leave_in_inbox(struct waker waker)
{
    struct task *task = task_of(waker);

    pthread_mutex_lock(&lock);
    if (task != NULL && !task->is_queued)
        push(task);
    pthread_mutex_unlock(&lock);
    trace(EXEC_INBOX, .actor = acting);
    reactor_interrupt();
}

static void empty_inbox(void)
{
    (void)inbox;
    inbox_length = 0;
}
