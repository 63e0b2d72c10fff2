/* expects: who is woken during its poll is polled again, in the next turn */

static void run_turn(void)
{
    trace(EXEC_TURN, .number = queued);
    for (int64_t n = queued; n > 0; n--) {
        struct task *task = first;
        first = task->next;
        queued--;
        if (task->future != NULL)
            poll_task(task);
        task->is_queued = false;
        if (task->future == NULL)
            give_place_back(task);
    }
}
