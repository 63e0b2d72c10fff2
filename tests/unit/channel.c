/* Unit tests of the bounded channel of the lesson about futures. */
#include "../../classroom/futures/bounded_channel.h"

#include "unit.h"

#include <pthread.h>

static struct channel channel = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER, .senders = 1};

/* -1: closed. */
static long next_value(void)
{
    struct receive_from receive = receive_from(&channel);

    CHECK(poll_by_hand(&receive.future) == READY);
    return receive.closed ? -1 : receive.value;
}

static void test_channel_senders_dropped_in_every_state(void)
{
    struct send_to sends[6];
    struct send_to unused = send_to(&channel, 9);

    for (int i = 0; i < 6; i++) {
        sends[i] = send_to(&channel, i);
        enum poll_result result = poll_by_hand(&sends[i].future);
        CHECK(result == (i < CHANNEL_CAPACITY ? READY : PENDING));
    }
    future_drop(&unused.future);   /* before its first poll */
    future_drop(&sends[3].future); /* in the middle of the line, and twice */
    future_drop(&sends[3].future);
    CHECK(next_value() == 0);
    future_drop(&sends[2].future); /* its value is in the queue, and stays there */
    future_drop(&sends[5].future); /* at the end of the line */
    CHECK(next_value() == 1);
    CHECK(next_value() == 2);
    CHECK(poll_by_hand(&sends[4].future) == READY);
    future_drop(&sends[4].future); /* after READY */
    CHECK(next_value() == 4);

    struct receive_from receive = receive_from(&channel);
    CHECK(poll_by_hand(&receive.future) == PENDING);
    channel_sender_done(&channel);
    CHECK(poll_by_hand(&receive.future) == READY && receive.closed);
    future_drop(&receive.future);
}

/* ---- many senders, tasks and threads; each counts from its number times MANY ---- */

enum { MANY = 2000, THREADS = 3, TASKS = 3 };

struct sender {
    struct future future;
    long value;
    long end;
    int polls;
    struct send_to send;
};

/* Now and then it gives up, and sends the same value again. */
static enum poll_result sender_poll(struct future *future, struct context *cx)
{
    struct sender *self = container_of(future, struct sender, future);

    for (; self->value < self->end; self->send = send_to(&channel, ++self->value)) {
        if (future_poll(&self->send.future, cx) == READY)
            continue;
        if (++self->polls % 7 == 0) {
            future_drop(&self->send.future);
            self->send = send_to(&channel, self->value);
            wake(cx->waker);
        }
        return PENDING;
    }
    channel_sender_done(&channel);
    return READY;
}

static void sender_drop(struct future *future)
{
    future_drop(&container_of(future, struct sender, future)->send.future);
}

static void spawn_sender(long number)
{
    struct sender *self = allocate(1, sizeof *self);

    self->future = (struct future){sender_poll, sender_drop};
    self->value = number * MANY;
    self->end = self->value + MANY;
    self->send = send_to(&channel, self->value);
    spawn(&self->future, "sender", number);
}

static void *thread_main(void *number)
{
    for (long i = 0; i < MANY; i++)
        channel_send_blocking(&channel, *(long *)number * MANY + i);
    channel_sender_done(&channel);
    helpers--;
    reactor_interrupt();
    return NULL;
}

static struct receive_from receiving;
static long received[THREADS + TASKS];

static enum poll_result receive_all(struct script *self, struct context *cx)
{
    (void)self;
    while (future_poll(&receiving.future, cx) == READY) {
        if (receiving.closed)
            return READY;
        long sender = receiving.value / MANY;
        CHECK(receiving.value % MANY == received[sender]++); /* in order, each once */
        receiving = receive_from(&channel);
    }
    return PENDING;
}

static void test_channel_of_threads_and_tasks(void)
{
    pthread_t threads[THREADS];
    long numbers[THREADS];
    struct script main_script = script(receive_all, 'm');

    channel.senders = THREADS + TASKS;
    receiving = receive_from(&channel);
    for (long i = 0; i < THREADS; i++) {
        numbers[i] = i;
        helpers++;
        CHECK(pthread_create(&threads[i], NULL, thread_main, &numbers[i]) == 0);
    }
    for (long i = THREADS; i < THREADS + TASKS; i++)
        spawn_sender(i);
    block_on(&main_script.future);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS + TASKS; i++)
        CHECK(received[i] == MANY);
}

const struct test channel_tests[] = {
    TEST(channel_senders_dropped_in_every_state),
    TEST(channel_of_threads_and_tasks),
    {NULL, NULL},
};
