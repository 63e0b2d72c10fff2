/* Reads from a pipe until its end: drain [BYTES [SECONDS [WAY]]]. A thread writes so many
 * bytes, waits a little, and closes its end. After SECONDS we look whether we have missed
 * something, and give up. Other ways, in which the thread only waits and closes its end:
 * 1: we write more than the pipe has room for; 2: we wait to write to the end from which
 * one reads, so that a hang-up comes to who waits to write. */
#include "../lab.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct drain_main {
    struct future future;
    int fd;
    bool ended;
    size_t got;
    struct operation operation;
    char bytes[4096];
};

static enum poll_result drain_main_poll(struct future *future, struct context *cx)
{
    struct drain_main *self = container_of(future, struct drain_main, future);

    while (!self->ended) {
        if (future_poll(&self->operation.future, cx) == PENDING)
            return PENDING;
        if (self->operation.result < 0)
            fail("cannot read from a pipe: %s", strerror((int)-self->operation.result));
        self->got += (size_t)self->operation.result;
        self->ended = self->operation.result == 0;
        self->operation = read_some(self->fd, self->bytes, sizeof self->bytes);
    }
    return READY;
}

/* The two other ways. */
static enum poll_result fill_main_poll(struct future *future, struct context *cx)
{
    struct drain_main *self = container_of(future, struct drain_main, future);

    if (future_poll(&self->operation.future, cx) == PENDING)
        return PENDING;
    self->ended = true;
    return READY;
}

static void drain_main_drop(struct future *future)
{
    future_drop(&container_of(future, struct drain_main, future)->operation.future);
}

struct writer {
    int fd;
    int64_t length;
};

static void *writer_main(void *argument)
{
    struct writer *self = argument;
    char bytes[1000] = {0};

    while (self->length > 0) {
        size_t most = sizeof bytes;
        if (self->length < (int64_t)most)
            most = (size_t)self->length;
        ssize_t n = write(self->fd, bytes, most);
        if (n < 0)
            fail("cannot write to a pipe: %s", strerror(errno));
        self->length -= n;
    }
    nanosleep(&(struct timespec){.tv_nsec = 50 * NS_PER_MS}, NULL);
    close(self->fd);
    return NULL;
}

enum way { READS, WRITES, WRITES_TO_THE_WRONG_END };

static void start_main(struct drain_main *self, enum way way, const int ends[2])
{
    static const char zeros[1 << 20]; /* more than a pipe has room for */

    self->future =
        (struct future){way == READS ? drain_main_poll : fill_main_poll, drain_main_drop};
    self->fd = ends[way == WRITES ? 1 : 0];
    set_nonblocking(self->fd);
    if (way == READS)
        self->operation = read_some(self->fd, self->bytes, sizeof self->bytes);
    else
        self->operation = write_all(self->fd, zeros, sizeof zeros);
    self->operation.waits_first = way == WRITES_TO_THE_WRONG_END;
}

static void report(const struct drain_main *self, enum way way, int ms)
{
    const char *end = self->ended ? "the end" : "no end";

    if (way == READS)
        message("%zu bytes, and %s, after %d ms", self->got, end, ms);
    else
        message("%s of the write after %d ms: %s", end, ms,
                strerror(self->operation.result < 0 ? (int)-self->operation.result : 0));
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int ends[2];

    lab_start("drain", &argc, argv);
    int64_t length = lab_number(argc, argv, 1, 10000, 1, 100000000);
    int64_t seconds = lab_number(argc, argv, 2, 1, 1, 1000);
    enum way way =
        (enum way)lab_number(argc, argv, 3, READS, READS, WRITES_TO_THE_WRONG_END);
    if (pipe(ends) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    struct drain_main self = {0};
    start_main(&self, way, ends);
    struct writer other = {ends[way == WRITES ? 0 : 1], way == READS ? length : 0};
    int error = pthread_create(&thread, NULL, writer_main, &other);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));

    struct timeout limit = timeout(&self.future, seconds * NS_PER_SECOND);
    int64_t begin = now_ns();
    block_on(&limit.future);
    report(&self, way, milliseconds_up(now_ns() - begin));
    forget_and_close(self.fd);
    pthread_join(thread, NULL);
    return lab_end();
}
