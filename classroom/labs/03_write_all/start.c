/* Write all `left` bytes at `bytes` to the descriptor, however often that takes. Returns
 * 0 when all are written, else -errno; -EAGAIN: it would block, and comes again. */
static ssize_t write_all_attempt(struct operation *self)
{
    (void)self;
    return 0; /* TODO: nothing is written yet */
}
