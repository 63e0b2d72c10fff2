/* expects: a new task has generation 2: even, so one day it is 0, which is nobody's */

static void end(struct task *task)
{
    struct future *future = task->future;
    struct actor before = acting;
    bool is_ours = task_of(main_task) != task;

    alive--;
    task->future = NULL;
    task->self.generation++;
    acting = task->name; /* what the drop does, such as a close, is its doing */
    future_drop(future);
    if (is_ours)
        free(future);
    acting = before;
    wake(task->joiner);
    if (!task->is_queued) /* else when its turn comes */
        give_place_back(task);
}
