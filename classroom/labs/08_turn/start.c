/* TODO: polls one task. It should poll as many as are queued now; those that are woken
 * meanwhile come in the next turn. When may a wake queue the task again? And what if the
 * task has ended while it was queued? */
static void run_turn(void)
{
    struct task *task = first;

    trace(EXEC_TURN, .number = queued);
    if (task == NULL)
        return;
    first = task->next;
    queued--;
    poll_task(task);
    task->is_queued = false;
}

/* Done or cancelled. TODO: its wakers become stale (0 is nobody's generation: so stay
 * odd); who joins it is woken; and its place is given back, for another task: when? */
static void end(struct task *task)
{
    struct future *future = task->future;
    struct actor before = acting;
    bool is_ours = task_of(main_task) != task;

    alive--;
    task->future = NULL;
    acting = task->name; /* what the drop does, such as a close, is its doing */
    future_drop(future);
    if (is_ours)
        free(future);
    acting = before;
    give_place_back(task);
}
