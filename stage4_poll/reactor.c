/* Stage 4: one poll(2) over every watched descriptor. The kernel forgets our list as soon
 * as it has answered, so each wait hands it over again, and looks at all of it. */
#include "core/reactor.h"

#include "app/stage.h"
#include "core/message.h"
#include "core/system.h"
#include "core/watches.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

const struct stage stage = {
    .name = "stage4",
    .how = "sleeps in poll(2)",
    .wait = "poll(2)",
    .option = "wake",
    .choices = {"ready", "all"},
    .help = "ready or all: whom to wake after a wait (ready)",
};

static struct pollfd *list; /* for poll(2), made anew for each wait */
static int interrupt_pipe[2];
static bool wake_all;

void reactor_init(bool second_choice)
{
    wake_all = second_choice;
    if (pipe(interrupt_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    for (int end = 0; end < 2; end++)
        if (set_nonblocking(interrupt_pipe[end]) != 0)
            fail("cannot make a pipe non-blocking: %s", strerror(errno));
}

void reactor_watch(int fd, enum interest interest, struct waker waker)
{
    watch_put(fd, interest, waker);
}

void reactor_forget(int fd)
{
    watch_clear(fd);
}

/* First the interrupt pipe, then all that is watched. Returns how many. */
static nfds_t list_watches(void)
{
    nfds_t n = 0;

    list[n++] = (struct pollfd){.fd = interrupt_pipe[0], .events = POLLIN};
    for (int fd = 0; fd < watches_end(); fd++) {
        struct watch *watch = watch_of(fd);
        int events = (watch_has(watch, READABLE) ? POLLIN : 0) |
                     (watch_has(watch, WRITABLE) ? POLLOUT : 0);
        if (events != 0)
            list[n++] = (struct pollfd){.fd = fd, .events = (short)events};
    }
    return n;
}

static void wake_ready(int fd, int events)
{
    if ((events & (POLLERR | POLLHUP | POLLNVAL)) != 0)
        events = POLLIN | POLLOUT;
    if ((events & POLLIN) != 0)
        watch_wake(fd, READABLE);
    if ((events & POLLOUT) != 0)
        watch_wake(fd, WRITABLE);
    if (wake_all) { /* to show what it costs not to look at events */
        wake(watch_take(fd, READABLE));
        wake(watch_take(fd, WRITABLE));
    }
}

static void drain_interrupts(void)
{
    char bytes[64];

    while (read(interrupt_pipe[0], bytes, sizeof bytes) > 0)
        ;
}

void reactor_wait(int64_t timeout)
{
    list = reallocate(list, watches_count() + 1, sizeof *list);
    nfds_t n = list_watches();
    if (poll(list, n, milliseconds_up(timeout)) < 0) {
        if (errno != EINTR)
            fail("poll of %zu descriptors failed: %s", (size_t)n, strerror(errno));
        return; /* a signal: the executor works out the timeout again */
    }
    if (list[0].revents != 0)
        drain_interrupts();
    for (nfds_t i = 1; i < n; i++)
        wake_ready(list[i].fd, list[i].revents);
}

void reactor_interrupt(void)
{
    ssize_t n;

    do
        n = write(interrupt_pipe[1], "", 1);
    while (n < 0 && errno == EINTR);
    if (n < 0 && !would_block(errno)) /* a full pipe is as good: it is readable already */
        fail("cannot write to the interrupt pipe: %s", strerror(errno));
}
