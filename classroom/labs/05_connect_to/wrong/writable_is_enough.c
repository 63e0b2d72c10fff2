/* expects: what went wrong is its result */

static ssize_t connect_attempt(struct operation *self)
{
    return self->watched ? 0 : connect_start(self);
}
