/* A full queue is PENDING for a task that sends, and the others run. A thread that sends
 * stops only itself. In `executor` a full queue stops all. (sync_channel) */
#include "core/core.h"
#include "bounded_channel.h"
#include "lesson.h"

static struct channel channel = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
                                 .senders = 2};

struct sender {
    struct future future;
    struct send_to send;
};

static enum poll_result sender_poll(struct future *future, struct context *cx)
{
    struct sender *self = container_of(future, struct sender, future);

    while (self->send.value <= 5) {
        if (future_poll(&self->send.future, cx) == PENDING) {
            say("sender: send(%ld) is PENDING: the queue is full", self->send.value);
            return PENDING;
        }
        /* In the queue since there was room; we learn it now. */
        say("sender: %ld is sent", self->send.value);
        self->send = send_to(&channel, self->send.value + 1);
    }
    channel_sender_done(&channel);
    return READY;
}

static void sender_drop(struct future *future)
{
    future_drop(&container_of(future, struct sender, future)->send.future);
}

static void *thread_main(void *rest)
{
    sleep_blocking(*(const int64_t *)rest / 2);
    say("thread: sends 100, and waits until it is in the queue");
    channel_send_blocking(&channel, 100);
    say("thread: goes on");
    channel_sender_done(&channel);
    helpers--;
    reactor_interrupt(); /* should the wake have gone astray: so that it is noticed */
    return NULL;
}

/* Shortcut: no drop; main polls it to its end. */
struct receiver {
    struct future future;
    enum { RESTING, RECEIVING } state;
    struct sleep_for rest;
    struct receive_from receive;
};

static enum poll_result receiver_poll(struct future *future, struct context *cx)
{
    struct receiver *self = container_of(future, struct receiver, future);

    if (self->state == RESTING && future_poll(&self->rest.future, cx) == PENDING) {
        say("receiver: runs, while the sender waits; rests, and takes nothing yet");
        return PENDING;
    }
    self->state = RECEIVING;
    while (future_poll(&self->receive.future, cx) == READY) {
        if (self->receive.closed)
            return READY;
        say("receiver: got %ld", self->receive.value);
        self->receive = receive_from(&channel);
    }
    say("receiver: receive() is PENDING: the queue is empty");
    return PENDING;
}

int main(int argc, char **argv)
{
    struct sender *sender = allocate(1, sizeof *sender);

    lesson_start("channel", "[SECONDS]", &argc, argv);
    int64_t rest = lesson_seconds(argc, argv, 0.5);
    *sender = (struct sender){{sender_poll, sender_drop}, send_to(&channel, 1)};
    spawn(&sender->future, "sender", 0);
    helpers++;
    pthread_t thread = start_thread(thread_main, &rest);
    struct receiver receiver = {
        {receiver_poll, NULL}, RESTING, sleep_for(rest), receive_from(&channel)};
    block_on(&receiver.future);
    say("all senders are done: the channel is closed");
    pthread_join(thread, NULL);
    return 0;
}
