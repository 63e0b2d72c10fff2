#include "bounded_channel.h"

/* The link to this sender in the line; NULL: the last one. */
static struct send_to **link_to(struct channel *channel, const struct send_to *sender)
{
    struct send_to **link = &channel->waiting;

    while (*link != sender)
        link = &(*link)->next;
    return link;
}

/* From the line into the queue, while there is room. */
static void move_up(struct channel *channel)
{
    while (channel->waiting != NULL &&
           channel->sent - channel->received < CHANNEL_CAPACITY) {
        struct send_to *sender = channel->waiting;
        channel->waiting = sender->next;
        channel->queue[channel->sent++ % CHANNEL_CAPACITY] = sender->value;
        sender->state = SENT;
        wake(sender->waker);
        pthread_cond_broadcast(&channel->moved);
        wake(channel->receiver);
    }
}

static void stand_in_line(struct channel *channel, struct send_to *sender)
{
    *link_to(channel, NULL) = sender;
    sender->state = IN_LINE;
    move_up(channel);
}

static enum poll_result send_to_poll(struct future *future, struct context *cx)
{
    struct send_to *self = container_of(future, struct send_to, future);

    pthread_mutex_lock(&self->channel->lock);
    if (self->state == NOT_YET)
        stand_in_line(self->channel, self);
    self->waker = cx->waker;
    enum poll_result result = self->state == SENT ? READY : PENDING;
    pthread_mutex_unlock(&self->channel->lock);
    if (result == PENDING)
        return pending(cx, FUTURE_ASKS, .word = "room in the channel");
    return ready("send_to", 0, 0);
}

static void send_to_drop(struct future *future)
{
    struct send_to *self = container_of(future, struct send_to, future);

    pthread_mutex_lock(&self->channel->lock);
    if (self->state == IN_LINE) {
        *link_to(self->channel, self) = self->next;
        self->state = NOT_YET;
    }
    pthread_mutex_unlock(&self->channel->lock);
}

struct send_to send_to(struct channel *channel, long value)
{
    return (struct send_to){{send_to_poll, send_to_drop}, channel, .value = value};
}

void channel_send_blocking(struct channel *channel, long value)
{
    struct send_to self = send_to(channel, value);

    pthread_mutex_lock(&channel->lock);
    stand_in_line(channel, &self);
    while (self.state != SENT)
        pthread_cond_wait(&channel->moved, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
}

void channel_sender_done(struct channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    channel->senders--;
    wake(channel->receiver);
    pthread_mutex_unlock(&channel->lock);
}

static enum poll_result receive_from_poll(struct future *future, struct context *cx)
{
    struct receive_from *self = container_of(future, struct receive_from, future);
    struct channel *channel = self->channel;

    pthread_mutex_lock(&channel->lock);
    bool some = channel->sent > channel->received;
    self->closed = !some && channel->senders == 0;
    bool waits = !some && !self->closed;
    channel->receiver = waits ? cx->waker : (struct waker){0};
    if (some)
        self->value = channel->queue[channel->received++ % CHANNEL_CAPACITY];
    move_up(channel);
    pthread_mutex_unlock(&channel->lock);
    if (waits)
        return pending(cx, FUTURE_ASKS, .word = "a value in the channel");
    return ready("receive_from", 0, self->value);
}

struct receive_from receive_from(struct channel *channel)
{
    return (struct receive_from){{receive_from_poll, NULL}, channel, 0, false};
}
