/* One task that naps, and between two naps lets others have their turn:
 * naps [COUNT [MICROSECONDS]]. */
#include "../lab.h"

#include <inttypes.h>

struct naps_main {
    struct future future;
    struct sleep_for sleep;
    enum { NAPPING, YIELDING } state;
    int64_t duration; /* of one nap */
    int64_t left;     /* so many */
};

static enum poll_result naps_main_poll(struct future *future, struct context *cx)
{
    struct naps_main *self = container_of(future, struct naps_main, future);

    if (self->state == NAPPING) {
        if (future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        if (--self->left == 0)
            return READY;
        self->state = YIELDING;
        wake(cx->waker);
        return pending(cx, FUTURE_ASKS, .word = "its turn, after all others");
    }
    self->sleep = sleep_for(self->duration);
    self->state = NAPPING;
    return future_poll(&self->sleep.future, cx);
}

int main(int argc, char **argv)
{
    lab_start("naps", &argc, argv);
    int64_t count = lab_number(argc, argv, 1, 20, 1, 1000);
    int64_t duration = lab_number(argc, argv, 2, 10900, 1, 1000000) * 1000;

    struct naps_main self = {
        {naps_main_poll, NULL}, sleep_for(duration), NAPPING, duration, count};
    block_on(&self.future);
    message("%" PRId64 " naps of %.1f ms", count, (double)duration / (double)NS_PER_MS);
    return lab_end();
}
