/* expects: an early wake proves nothing: it is not READY */

static ssize_t connect_attempt(struct operation *self)
{
    ssize_t result = connect_start(self);

    return result == -EISCONN ? 0 : result;
}
