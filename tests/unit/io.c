/* Unit tests of the leaf futures: one system call each, that may have to wait. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static int fds[2];
static char bytes[64 * 1024];

/* ---- read and write ---- */

static ssize_t result_of(struct operation operation)
{
    block_on_future(&operation.future);
    return operation.result;
}

static void test_read_and_write(void)
{
    make_pair(fds);
    CHECK(result_of(write_all(fds[0], "hello", 5)) == 0);
    CHECK(result_of(read_some(fds[1], bytes, sizeof bytes)) == 5);
    CHECK(memcmp(bytes, "hello", 5) == 0);
    CHECK(result_of(write_all(fds[0], "", 0)) == 0); /* nothing to wait for */

    forget_and_close(fds[0]);
    CHECK(result_of(read_some(fds[1], bytes, sizeof bytes)) == 0); /* the end */
    CHECK(result_of(write_all(fds[1], "hello", 5)) == -EPIPE);
    forget_and_close(fds[1]);
    CHECK(result_of(read_some(fds[1], bytes, sizeof bytes)) == -EBADF);
    CHECK(nobody_waits());
}

/* Reads what comes from self->fd, and checks that it is the alphabet over and over. */
static long bytes_received;

static enum poll_result receive_alphabet(struct script *self, struct context *cx)
{
    char some[1000];

    for (;;) {
        struct operation read_it = read_some(self->fd, some, sizeof some);
        if (future_poll(&read_it.future, cx) == PENDING)
            return PENDING;
        CHECK(read_it.result >= 0);
        for (ssize_t i = 0; i < read_it.result; i++)
            CHECK(some[i] == 'a' + bytes_received++ % 26);
        if (read_it.result == 0)
            return READY;
    }
}

static int polls_of_writer;

static enum poll_result write_then_close(struct script *self, struct context *cx)
{
    polls_of_writer = self->polls;
    if (future_poll(self->inner, cx) == PENDING)
        return PENDING;
    forget_and_close(self->fd);
    return READY;
}

static void test_write_all_through_a_small_buffer(void)
{
    int small = 8 * 1024;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 26);
    make_pair(fds);
    CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);

    struct operation write_it = write_all(fds[0], bytes, sizeof bytes);
    struct script *writer = heap_script(write_then_close, 'w');
    writer->inner = &write_it.future;
    writer->fd = fds[0];
    struct script reader = script(receive_alphabet, 'r');
    reader.fd = fds[1];
    spawn(&writer->future, "writer", 0);
    block_on(&reader.future);
    CHECK(bytes_received == sizeof bytes && write_it.result == 0);
    CHECK(write_it.left == 0);
    CHECK(polls_of_writer > 2 && polls_of_writer < (int)sizeof bytes / 1024);
}

/* ---- politeness ---- */

enum { READS = 300 };

/* Notes each poll; reads byte by byte what is all there. */
static enum poll_result read_byte_by_byte(struct script *self, struct context *cx)
{
    note(self->letter);
    for (; self->fd < READS; self->fd++) {
        struct operation read_it = read_some(fds[0], bytes, 1);
        if (future_poll(&read_it.future, cx) == PENDING)
            return PENDING;
    }
    return READY;
}

static enum poll_result note_and_go_on(struct script *self, struct context *cx)
{
    note(self->letter);
    wake(cx->waker);
    return self->polls < 4 ? PENDING : READY;
}

static void test_polite_turns(void)
{
    struct script *reader = heap_script(read_byte_by_byte, 'r');
    struct script other = script(note_and_go_on, 'o');

    make_pair(fds);
    CHECK(write(fds[1], bytes, READS) == READS);
    reader->fd = 0;
    spawn(&reader->future, "reader", 0);
    block_on(&other.future);
    CHECK(noted("rororoo")); /* 128 reads, 128, and 44 */
    CHECK(nobody_waits());
}

/* Who has to give way while its waker is with the reactor, too, is woken once. */
static void test_an_operation_that_gives_way_is_dropped_like_others(void)
{
    struct context cx = {.operations = 0};
    struct operation read_it = read_some(fds[0], bytes, 1);

    make_pair(fds);
    read_it.fd = fds[0];
    CHECK(poll_by_hand(&read_it.future) == PENDING);
    cx.operations = 100000;
    CHECK(future_poll(&read_it.future, &cx) == PENDING);
    future_drop(&read_it.future);
    CHECK(nobody_waits());
    cx.operations = 0;
    CHECK(write(fds[1], "x", 1) == 1);
    CHECK(future_poll(&read_it.future, &cx) == READY && read_it.result == 1);
}

/* A task may wait for more than it may do in one poll. */
static enum poll_result wait_for_many(struct script *self, struct context *cx)
{
    for (int i = 0; i < READS; i++) {
        struct operation read_it = read_some(self->fd, bytes, 1);
        CHECK(future_poll(&read_it.future, cx) == PENDING && read_it.watched);
        future_drop(&read_it.future);
    }
    return READY;
}

static void test_what_would_block_does_not_count(void)
{
    struct script many = script(wait_for_many, 'm');

    make_pair(fds);
    many.fd = fds[0];
    block_on(&many.future);
    CHECK(nobody_waits());
}

/* ---- read_exact ---- */

static void test_read_exact_to_the_end(void)
{
    make_pair(fds);
    CHECK(write(fds[1], bytes, 99) == 99);
    CHECK(shutdown(fds[1], SHUT_WR) == 0);
    struct operation read_it = read_exact(fds[0], bytes, 100);
    block_on_future(&read_it.future);
    CHECK(read_it.result == -ENODATA && read_it.left == 1);

    CHECK(result_of(read_exact(fds[0], bytes, 0)) == 0); /* nothing to wait for */
    CHECK(result_of(read_exact(fds[0], bytes, 1)) == -ENODATA);
    CHECK(result_of(read_exact(-1, bytes, 1)) == -EBADF);
}

static void test_read_exact_dropped(void)
{
    make_pair(fds);
    struct operation read_it = read_exact(fds[0], bytes, 100);
    future_drop(&read_it.future); /* before its first poll */
    CHECK(poll_by_hand(&read_it.future) == PENDING);
    CHECK(write(fds[1], bytes, 50) == 50);
    CHECK(poll_by_hand(&read_it.future) == PENDING && read_it.left == 50);
    future_drop(&read_it.future); /* half-way */
    future_drop(&read_it.future);
    CHECK(nobody_waits());
    CHECK(read(fds[0], bytes, 1) == -1 && errno == EAGAIN); /* the 50 are gone */
}

static void test_read_some_dropped(void)
{
    make_pair(fds);
    struct operation read_it = read_some(fds[0], bytes, 100);
    CHECK(poll_by_hand(&read_it.future) == PENDING && somebody_waits());
    CHECK(write(fds[1], bytes, 50) == 50);
    future_drop(&read_it.future);
    CHECK(nobody_waits());
    CHECK(read(fds[0], bytes, 100) == 50); /* none is lost */
}

/* ---- accept and connect ---- */

static struct sockaddr_in here;
static const struct sockaddr *const address = (struct sockaddr *)&here;

static int tcp_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(fd >= 0);
    set_nonblocking(fd);
    return fd;
}

static int listen_here(void)
{
    socklen_t length = sizeof here;
    int listener = tcp_socket();

    here = (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(listener, address, length) == 0 && listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&here, &length) == 0);
    return listener;
}

static void test_connect_and_accept(void)
{
    int listener = listen_here();
    int fd = tcp_socket();
    int before = open_descriptors();

    CHECK(result_of(connect_to(fd, address, sizeof here)) == 0);
    int accepted = (int)result_of(accept_one(listener));
    CHECK(accepted >= 0 && open_descriptors() == before + 1);
    CHECK((fcntl(accepted, F_GETFL) & O_NONBLOCK) != 0);
    CHECK(result_of(write_all(fd, "x", 1)) == 0);
    CHECK(result_of(read_some(accepted, bytes, 8)) == 1);
    forget_and_close(accepted);
    forget_and_close(fd);
    forget_and_close(listener);
    CHECK(nobody_waits());
}

static void test_connect_refused(void)
{
    int fd = tcp_socket();

    forget_and_close(listen_here()); /* now nobody listens there */
    CHECK(result_of(connect_to(fd, address, sizeof here)) == -ECONNREFUSED);
    CHECK(nobody_waits());
    forget_and_close(fd);
}

static void test_connect_dropped(void)
{
    int listener = listen_here();
    int fd = tcp_socket();
    struct operation connecting = connect_to(fd, address, sizeof here);

    future_drop(&connecting.future); /* not started */
    CHECK(poll_by_hand(&connecting.future) == PENDING);
    CHECK(somebody_waits());
    future_drop(&connecting.future);
    future_drop(&connecting.future);
    CHECK(nobody_waits());
    forget_and_close(fd);

    struct operation accepting = accept_one(listener); /* it goes on without us */
    CHECK(poll_by_hand(&accepting.future) == READY && accepting.result >= 0);
    forget_and_close((int)accepting.result);
    accepting = accept_one(listener);
    CHECK(poll_by_hand(&accepting.future) == PENDING && somebody_waits());
    future_drop(&accepting.future);
    CHECK(nobody_waits());
    forget_and_close(listener);
}

static void test_accept_of_what_does_not_listen(void)
{
    int fd = tcp_socket();

    CHECK(result_of(accept_one(fd)) == -EINVAL);
    CHECK(nobody_waits());
    forget_and_close(fd);
}

const struct test io_tests[] = {
    TEST(read_and_write),
    TEST(write_all_through_a_small_buffer),
    TEST(polite_turns),
    TEST(what_would_block_does_not_count),
    TEST(an_operation_that_gives_way_is_dropped_like_others),
    TEST(read_exact_to_the_end),
    TEST(read_exact_dropped),
    TEST(read_some_dropped),
    TEST(connect_and_accept),
    TEST(connect_refused),
    TEST(connect_dropped),
    TEST(accept_of_what_does_not_listen),
    {NULL, NULL},
};
