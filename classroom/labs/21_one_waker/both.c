/* Two tasks on one stream: one writes BYTES, the other reads until the end:
 * both [BYTES [SEED [SECONDS]]]. Who judges it is at the other end, reads at leisure, and
 * hangs up when all has come; if nobody does, a thread of our own. After SECONDS we say
 * which tasks are lost. */
#include "../lab.h"
#include "../pattern.h"

#include "view/doctor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static ssize_t written = -EINPROGRESS; /* what came of either */
static ssize_t was_read = -EINPROGRESS;

/* ---- the two tasks ---- */

struct one_way {
    struct future future;
    struct operation operation;
    char byte;
};

static void one_way_drop(struct future *future)
{
    future_drop(&container_of(future, struct one_way, future)->operation.future);
}

/* Says to the other side that this was all. */
static enum poll_result writer_poll(struct future *future, struct context *cx)
{
    struct one_way *self = container_of(future, struct one_way, future);

    if (future_poll(&self->operation.future, cx) == PENDING)
        return PENDING;
    written = self->operation.result;
    shutdown(self->operation.fd, SHUT_WR);
    return READY;
}

static enum poll_result reader_poll(struct future *future, struct context *cx)
{
    struct one_way *self = container_of(future, struct one_way, future);

    do {
        if (future_poll(&self->operation.future, cx) == PENDING)
            return PENDING;
        was_read = self->operation.result;
        self->operation = read_some(self->operation.fd, &self->byte, 1);
    } while (was_read > 0);
    return READY;
}

static struct waker start_writer(int fd, const char *bytes, size_t length)
{
    struct one_way *self = allocate(1, sizeof *self);

    self->future = (struct future){writer_poll, one_way_drop};
    self->operation = write_all(fd, bytes, length);
    return spawn(&self->future, "writer", 0);
}

static struct waker start_reader(int fd)
{
    struct one_way *self = allocate(1, sizeof *self);

    self->future = (struct future){reader_poll, one_way_drop};
    self->operation = read_some(fd, &self->byte, 1);
    return spawn(&self->future, "reader", 0);
}

/* ---- main: waits for both, but not for ever ---- */

struct both_main {
    struct future future;
    struct waker tasks[2];
    int joined;
    struct sleep_for limit;
};

static enum poll_result both_main_poll(struct future *future, struct context *cx)
{
    struct both_main *self = container_of(future, struct both_main, future);

    for (; self->joined < 2; self->joined++) {
        struct join_task join = join_task(self->tasks[self->joined]);
        if (future_poll(&join.future, cx) == PENDING)
            break;
    }
    if (self->joined == 2)
        return READY;
    if (future_poll(&self->limit.future, cx) == PENDING)
        return PENDING;
    doctor_lists_odd_tasks();
    return READY;
}

static void both_main_drop(struct future *future)
{
    future_drop(&container_of(future, struct both_main, future)->limit.future);
}

/* ---- the other end, when nobody judges ---- */

static void *peer_main(void *argument)
{
    char bytes[16384];
    int fd = *(int *)argument;

    while (read(fd, bytes, sizeof bytes) > 0)
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    close(fd);
    return NULL;
}

/* Returns our end of a stream. */
static int start_peer(void)
{
    static int ends[2];
    int room = 8192;
    pthread_t peer;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    int error = pthread_create(&peer, NULL, peer_main, &ends[1]);
    if (error == 0)
        error = pthread_detach(peer);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
    return ends[0];
}

int main(int argc, char **argv)
{
    lab_start("both", &argc, argv);
    size_t length = (size_t)lab_number(argc, argv, 1, 100000, 1, 100000000);
    uint32_t seed = (uint32_t)lab_number(argc, argv, 2, 0, 0, 1 << 30);
    int64_t seconds = lab_number(argc, argv, 3, 1, 1, 1000);
    int peer = lab_peer();
    int fd = peer >= 0 ? peer : start_peer();
    char *bytes = allocate(length, 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = pattern_byte(seed, i);

    struct both_main self = {.future = {both_main_poll, both_main_drop},
                             .tasks = {start_writer(fd, bytes, length), start_reader(fd)},
                             .limit = sleep_for(seconds * NS_PER_SECOND)};
    block_on(&self.future);
    message("writer: %s, reader: %s", written == 0 ? "done" : "not done",
            was_read == 0 ? "has read the end" : "not done");
    forget_and_close(fd);
    free(bytes);
    return lab_end();
}
