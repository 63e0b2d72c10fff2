/* expects: a turn polls all that are queued when it begins, each once */

static void run_turn(void)
{
    trace(EXEC_TURN, .number = queued);
    while (queued > 0) {
        struct task *task = first;
        first = task->next;
        queued--;
        task->is_queued = false;
        if (task->future != NULL)
            poll_task(task);
        else
            give_place_back(task);
    }
}
