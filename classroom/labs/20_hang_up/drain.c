/* Reads from a pipe until its end: drain [BYTES [SECONDS]]. A thread writes that many
 * bytes, waits a little, and closes its end. After SECONDS we look whether we have missed
 * something, and give up. */
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
    struct operation read;
    char bytes[4096];
};

static enum poll_result drain_main_poll(struct future *future, struct context *cx)
{
    struct drain_main *self = container_of(future, struct drain_main, future);

    while (!self->ended) {
        if (future_poll(&self->read.future, cx) == PENDING)
            return PENDING;
        if (self->read.result < 0)
            fail("cannot read from a pipe: %s", strerror((int)-self->read.result));
        self->got += (size_t)self->read.result;
        self->ended = self->read.result == 0;
        self->read = read_some(self->fd, self->bytes, sizeof self->bytes);
    }
    return READY;
}

static void drain_main_drop(struct future *future)
{
    future_drop(&container_of(future, struct drain_main, future)->read.future);
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

int main(int argc, char **argv)
{
    pthread_t thread;
    int ends[2];

    lab_start("drain", &argc, argv);
    int64_t length = lab_number(argc, argv, 1, 10000, 1, 100000000);
    int64_t seconds = lab_number(argc, argv, 2, 1, 1, 1000);
    if (pipe(ends) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    struct writer writer = {ends[1], length};
    int error = pthread_create(&thread, NULL, writer_main, &writer);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));

    struct drain_main self = {.future = {drain_main_poll, drain_main_drop},
                              .fd = ends[0]};
    self.read = read_some(self.fd, self.bytes, sizeof self.bytes);
    struct timeout limit = timeout(&self.future, seconds * NS_PER_SECOND);
    int64_t begin = now_ns();
    block_on(&limit.future);
    message("%zu bytes, and %s, after %d ms", self.got, self.ended ? "the end" : "no end",
            milliseconds_up(now_ns() - begin));
    forget_and_close(self.fd);
    pthread_join(thread, NULL);
    return lab_end();
}
