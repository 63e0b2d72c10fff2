/* expects: a place is used again */

static void run_turn(void)
{
    trace(EXEC_TURN, .number = queued);
    for (int64_t n = queued; n > 0; n--) {
        struct task *task = first;
        first = task->next;
        queued--;
        task->is_queued = false;
        if (task->future != NULL)
            poll_task(task);
    }
}
