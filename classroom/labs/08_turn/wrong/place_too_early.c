/* expects: a place that is still in the queue is given to nobody */

static void end(struct task *task)
{
    struct future *future = task->future;
    struct actor before = acting;
    bool is_ours = task_of(main_task) != task;

    alive--;
    task->future = NULL;
    task->self.generation += 2; /* so it stays odd: 0 is nobody's */
    acting = task->name;        /* what the drop does, such as a close, is its doing */
    future_drop(future);
    if (is_ours)
        free(future);
    acting = before;
    wake(task->joiner);
    give_place_back(task);
}
