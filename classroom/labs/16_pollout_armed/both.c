/* Writes and reads on one stream at the same time: both [BYTES [SECONDS]]. At the other
 * end is a thread that takes all, at leisure, and then sends one byte. After SECONDS we
 * give up. */
#include "../lab.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct both_main {
    struct future future;
    struct operation write;
    struct operation read;
    bool has_written;
    bool has_read;
    char byte;
};

/* Each of the two leaves its waker, for the same descriptor. */
static enum poll_result both_main_poll(struct future *future, struct context *cx)
{
    struct both_main *self = container_of(future, struct both_main, future);

    if (!self->has_written)
        self->has_written = future_poll(&self->write.future, cx) == READY;
    if (!self->has_read)
        self->has_read = future_poll(&self->read.future, cx) == READY;
    return self->has_written && self->has_read ? READY : PENDING;
}

static void both_main_drop(struct future *future)
{
    struct both_main *self = container_of(future, struct both_main, future);

    future_drop(&self->write.future);
    future_drop(&self->read.future);
}

struct peer {
    int fd;
    size_t due;
};

static void *peer_main(void *argument)
{
    struct peer *self = argument;
    char bytes[4096];
    ssize_t n = 1;

    for (size_t got = 0; n > 0 && got < self->due; got += (size_t)n) {
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
        n = read(self->fd, bytes, sizeof bytes);
    }
    if (n > 0 && write(self->fd, "", 1) != 1)
        fail("cannot write to the stream: %s", strerror(errno));
    close(self->fd);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int ends[2];
    int room = 8192;

    lab_start("both", &argc, argv);
    size_t length = (size_t)lab_number(argc, argv, 1, 100000, 1, 100000000);
    int64_t seconds = lab_number(argc, argv, 2, 1, 1, 1000);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    char *bytes = allocate(length, 1);
    struct both_main self = {.future = {both_main_poll, both_main_drop},
                             .write = write_all(ends[0], bytes, length)};
    self.read = read_some(ends[0], &self.byte, 1);
    struct peer peer = {ends[1], length};
    int error = pthread_create(&thread, NULL, peer_main, &peer);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));

    struct timeout limit = timeout(&self.future, seconds * NS_PER_SECOND);
    block_on(&limit.future);
    message("%s, and %s", self.has_written ? "all is written" : "not all is written",
            self.has_read ? "the byte has come" : "no byte has come");
    forget_and_close(ends[0]);
    pthread_join(thread, NULL);
    free(bytes);
    return lab_end();
}
