/* A loop that sleeps in poll(2) does not see a flag that another thread sets. So the
 * thread writes a byte into a pipe, which poll(2) watches, too. (self-pipe) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int client[2]; /* a socket, on which nobody sends */
static int wake_pipe[2];
static int64_t time_out;
static atomic_bool done;

static void *with_flag_alone(void *unused)
{
    sleep_blocking(time_out / 4); /* does its work */
    say("thread: the work is done, I set the flag");
    atomic_store(&done, true);
    return unused;
}

static void *with_flag_and_pipe(void *unused)
{
    with_flag_alone(unused);
    if (write(wake_pipe[1], "", 1) != 1)
        fail("cannot write to the pipe: %s", strerror(errno));
    return unused;
}

static void loop_until_done(void)
{
    struct pollfd list[] = {{.fd = client[0], .events = POLLIN},
                            {.fd = wake_pipe[0], .events = POLLIN}};
    char byte;

    while (!atomic_load(&done)) {
        say("loop: I sleep in poll(2)");
        int ready = poll(list, 2, milliseconds_up(time_out));
        if (ready < 0)
            fail("cannot poll: %s", strerror(errno));
        say("loop: awake, %s",
            ready == 0 ? "the time-out is over" : "there is a byte in the pipe");
        /* Left in the pipe, the byte would wake us again and again. */
        if (list[1].revents != 0 && read(wake_pipe[0], &byte, 1) != 1)
            fail("cannot read the pipe: %s", strerror(errno));
    }
    say("loop: I see the flag");
}

static void run(void *(*thread_main)(void *))
{
    atomic_store(&done, false);
    pthread_t thread = start_thread(thread_main, NULL);
    loop_until_done();
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    lesson_without_tasks("wake_from_thread", "[SECONDS]", &argc, argv);
    time_out = lesson_seconds(argc, argv, 1.0);
    lesson_pair(client);
    if (pipe(wake_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));

    part("a flag alone: the loop sleeps on until its time-out");
    run(with_flag_alone);
    part("a flag, and a byte in a pipe: the loop wakes at once");
    run(with_flag_and_pipe);
    say_untimed(
        "this is reactor_interrupt() of stage 4; stage 5 has an eventfd for the pipe");
    for (int end = 0; end < 2; end++) {
        close(client[end]);
        close(wake_pipe[end]);
    }
    return 0;
}
