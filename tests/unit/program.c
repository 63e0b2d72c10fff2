/* Unit tests of the server's and the client's futures: dropped wherever they are, they
 * leave no descriptor, no deadline and no waker. */
#include "../../stage3_busy/program.h"

#include "unit.h"

#include "cli/net.h"
#include "cli/response.h"
#include "cli/tally.h"

#include <stdlib.h>
#include <unistd.h>

struct options options; /* main's, which is not linked */

static struct addrinfo *server_address;
static int listener;
static int descriptors_before;
static struct waker server_task;
static struct waker client_task;

static void listen_here(void)
{
    descriptors_before = open_descriptors();
    listener = net_listen("127.0.0.1", 0);
    set_nonblocking(listener);
    server_address = net_find("127.0.0.1", net_port(listener));
}

static void start(int64_t delay)
{
    options = (struct options){.delay = delay, .timeout = 10000 * MS};
    listen_here();
    server_task = spawn(server_main(listener), "server", 0);
    client_task = spawn(client_main(server_address), "client", 1);
}

static bool nothing_is_left(void)
{
    freeaddrinfo(server_address);
    return nobody_waits() && open_descriptors() == descriptors_before;
}

static void start_patient(void)
{
    start(10000 * MS);
}

static void cancel_client(void)
{
    CHECK(open_descriptors() > descriptors_before + 1);
    cancel(client_task);
}

static void cancel_server(void)
{
    CHECK(tally_of(DEMO).completed == 0 && tally_of(DEMO).failed == 0);
    cancel(server_task);
}

static void test_server_and_client_dropped_while_they_wait(void)
{
    in_one_run(start_patient, cancel_client, cancel_server);
    CHECK(tally_of(SERVE).failed == 1); /* the response, dropped by block_on */
    CHECK(nothing_is_left());
}

static void start_and_cancel_at_once(void)
{
    start_patient();
    cancel_server();
    cancel(client_task);
    CHECK(open_descriptors() == descriptors_before);
}

static void test_server_and_client_dropped_before_their_first_poll(void)
{
    in_one_run(start_and_cancel_at_once, NULL, NULL);
    CHECK(nothing_is_left());
}

/* Polled by hand, with nobody to run what they wake. */
static void test_client_dropped_while_it_connects(void)
{
    options.timeout = 10000 * MS;
    listen_here();
    struct future *client = client_main(server_address);
    CHECK(poll_by_hand(client) == PENDING);
    future_drop(client);
    future_drop(client);
    free(client);
    close(listener);
    CHECK(nothing_is_left());
}

static void start_quick(void)
{
    start(10 * MS);
}

static void test_a_client_gets_its_answer(void)
{
    struct join_task join;

    start_quick();
    join = join_task(client_task);
    block_on_future(&join.future);
    CHECK(tally_of(DEMO).completed == 1 && tally_of(SERVE).completed == 1);
    CHECK(nothing_is_left());
}

/* Accepted by nobody, it has a connection, and no byte: its time is over. */
static void test_a_client_gives_up(void)
{
    int64_t before = now_ns();

    listen_here();
    options.timeout = 20 * MS;
    struct join_task join = join_task(spawn(client_main(server_address), "client", 1));
    block_on_future(&join.future);
    CHECK(tally_of(DEMO).failed == 1 && now_ns() - before >= 20 * MS);
    close(listener);
    CHECK(nothing_is_left());
}

/* As main's, when it has been told to stop. */
static enum poll_result until_all_are_answered(struct script *self, struct context *cx)
{
    (void)self;
    if (self->polls > 1 && responses_running() == 0)
        return READY;
    wake_when_all_are_answered(cx->waker);
    return pending(cx, FUTURE_ASKS, .word = "the last response");
}

static void test_the_last_response_wakes_who_waits_for_it(void)
{
    struct script main_script = script(until_all_are_answered, 'm');

    start_quick();
    block_on(&main_script.future);
    CHECK(main_script.polls == 2 && tally_of(SERVE).completed == 1);
    CHECK(nothing_is_left());
}

const struct test program_tests[] = {
    TEST(server_and_client_dropped_while_they_wait),
    TEST(server_and_client_dropped_before_their_first_poll),
    TEST(client_dropped_while_it_connects),
    TEST(a_client_gets_its_answer),
    TEST(a_client_gives_up),
    TEST(the_last_response_wakes_who_waits_for_it),
    {NULL, NULL},
};
