/* expects: nor does it wake the task itself, while its future is dropped */

static void end(struct task *task)
{
    struct future *future = task->future;
    struct actor before = acting;
    bool is_ours = task_of(main_task) != task;

    alive--;
    acting = task->name; /* what the drop does, such as a close, is its doing */
    future_drop(future);
    if (is_ours)
        free(future);
    task->future = NULL;
    task->self.generation += 2; /* so it stays odd: 0 is nobody's */
    acting = before;
    wake(task->joiner);
    if (!task->is_queued) /* else when its turn comes */
        give_place_back(task);
}
