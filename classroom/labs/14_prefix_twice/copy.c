/* Copies bytes from a file to a stream by copy_all, in one task:
 * copy [BYTES [SEED [BUFFER]]]. Who judges it is at the other end of the stream, and
 * reads at leisure; if nobody does, a thread of our own, which says what is wrong. */
#include "../lab.h"
#include "../pattern.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct copy_main {
    struct future future;
    struct copy_all copy;
};

static enum poll_result copy_main_poll(struct future *future, struct context *cx)
{
    return future_poll(&container_of(future, struct copy_main, future)->copy.future, cx);
}

static struct reader {
    pthread_t thread;
    int fd;
    uint32_t seed;
    size_t due;
} reader;

/* At the other end: reads a piece now and then, and blocks. */
static void *reader_main(void *argument)
{
    char bytes[16384];
    size_t got = 0;
    intmax_t wrong_at = -1;
    ssize_t n;

    (void)argument;
    while (got < 4 * reader.due && (n = read(reader.fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++, got++)
            if (wrong_at < 0 && bytes[i] != pattern_byte(reader.seed, got))
                wrong_at = (intmax_t)got;
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
    close(reader.fd);
    message("%zu bytes came, of %zu; wrong from byte: %jd (-1: none)", got, reader.due,
            wrong_at);
    return NULL;
}

/* Returns our end of a stream. */
static int start_reader(size_t due, uint32_t seed)
{
    int ends[2];
    int room = 8192;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0)
        fail("cannot make a pair of sockets: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(ends[0]);
    reader = (struct reader){.fd = ends[1], .seed = seed, .due = due};
    int error = pthread_create(&reader.thread, NULL, reader_main, NULL);
    if (error != 0)
        fail("cannot start a thread: %s; raise ulimit -u", strerror(error));
    return ends[0];
}

/* Returns a file of so many bytes, which is gone when it is closed. */
static FILE *make_file(size_t length, uint32_t seed)
{
    FILE *file = tmpfile();

    if (file == NULL)
        fail("cannot make a file: %s; is there room in TMPDIR?", strerror(errno));
    for (size_t i = 0; i < length; i++)
        putc(pattern_byte(seed, i), file);
    if (fflush(file) != 0)
        fail("cannot write a file: %s; is there room in TMPDIR?", strerror(errno));
    rewind(file);
    return file;
}

int main(int argc, char **argv)
{
    lab_start("copy", &argc, argv);
    size_t length = (size_t)lab_number(argc, argv, 1, 100000, 1, 100000000);
    uint32_t seed = (uint32_t)lab_number(argc, argv, 2, 0, 0, 1 << 30);
    size_t size = (size_t)lab_number(argc, argv, 3, 12000, 1, 1000000);
    int peer = lab_peer();
    int to = peer >= 0 ? peer : start_reader(length, seed);
    FILE *from = make_file(length, seed);
    char *buffer = allocate(size, 1);

    struct copy_main self = {{copy_main_poll, NULL},
                             copy_all(fileno(from), to, buffer, size)};
    block_on(&self.future);
    message("copy_all: %zd", self.copy.result);
    fclose(from);
    forget_and_close(to);
    if (peer < 0)
        pthread_join(reader.thread, NULL);
    free(buffer);
    return lab_end();
}
