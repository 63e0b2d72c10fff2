/* Sends bytes by write_all, in one task: send [BYTES [SEED]]. Who judges it is at the
 * other end of the stream, and reads at leisure; if nobody does, a thread of our own. */
#include "../lab.h"
#include "../pattern.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct send_main {
    struct future future;
    int fd;
    struct operation write;
};

static enum poll_result send_main_poll(struct future *future, struct context *cx)
{
    struct send_main *self = container_of(future, struct send_main, future);

    return future_poll(&self->write.future, cx);
}

/* At the other end: reads a piece now and then, and blocks. */
static void *reader_main(void *argument)
{
    char bytes[16384];
    int fd = *(int *)argument;

    while (read(fd, bytes, sizeof bytes) > 0)
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    return NULL;
}

/* Returns our end of a stream; *end is the reader's. */
static int start_reader(pthread_t *reader, int *end)
{
    int ends[2];
    int room = 8192;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    *end = ends[1];
    int error = pthread_create(reader, NULL, reader_main, end);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
    return ends[0];
}

int main(int argc, char **argv)
{
    pthread_t reader;
    int end;

    lab_start("send", &argc, argv);
    size_t length = (size_t)lab_number(argc, argv, 1, 100000, 1, 100000000);
    uint32_t seed = (uint32_t)lab_number(argc, argv, 2, 0, 0, 1 << 30);
    int peer = lab_peer();
    int fd = peer >= 0 ? peer : start_reader(&reader, &end);
    char *bytes = allocate(length, 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = pattern_byte(seed, i);

    struct send_main self = {{send_main_poll, NULL}, fd, write_all(fd, bytes, length)};
    block_on(&self.future);
    message("write_all: %zd", self.write.result);
    forget_and_close(fd);
    if (peer < 0)
        pthread_join(reader, NULL);
    free(bytes);
    return lab_end();
}
