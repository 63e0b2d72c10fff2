/* A signal ends a call that sleeps, before its time: EINTR. It is no error, and no reason
 * to begin again: one goes on with the time that is left. (EINTR, Interrupted) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

enum way { GIVES_UP, BEGINS_AGAIN, GOES_ON };

static int64_t time_out;
static struct pollfd socket_nobody_writes_to;

/* That there is a handler is enough: without one the signal would end the program. */
static void on_alarm(int number)
{
    (void)number;
}

/* From now on one signal after the other, as from a terminal that somebody resizes, or a
 * profiler; 0: no more. */
static void send_signals_every(int64_t duration)
{
    struct timeval time = {(time_t)(duration / NS_PER_SECOND),
                           (int)(duration % NS_PER_SECOND / 1000)};

    if (setitimer(ITIMER_REAL, &(struct itimerval){time, time}, NULL) != 0)
        fail("cannot set a timer: %s; run it again", strerror(errno));
}

/* Returns whether the time-out is over. */
static bool waits(enum way way)
{
    int64_t deadline = now_ns() + time_out;
    int64_t left = time_out;

    for (int interrupted = 1;
         poll(&socket_nobody_writes_to, 1, milliseconds_up(left)) < 0; interrupted++) {
        if (errno != EINTR)
            fail("cannot poll: %s; run it again", strerror(errno));
        if (way == GIVES_UP || interrupted > 6) /* it would go on for ever */
            return false;
        left = way == BEGINS_AGAIN ? time_out : deadline - now_ns();
        if (left < 0)
            left = 0;
        say("poll: EINTR; again, for %.2f s", (double)left / (double)NS_PER_SECOND);
    }
    return true;
}

static void run(const char *title, enum way way)
{
    part(title);
    send_signals_every(time_out * 2 / 5);
    bool is_over = waits(way);
    send_signals_every(0);
    say("%s",
        is_over ? "the time-out is over" : "EINTR; I give up, and nothing has timed out");
}

int main(int argc, char **argv)
{
    int ends[2];

    lesson_without_tasks("eintr", "[SECONDS]", &argc, argv);
    time_out = lesson_seconds(argc, argv, 0.5);
    lesson_pair(ends);
    socket_nobody_writes_to = (struct pollfd){.fd = ends[0], .events = POLLIN};
    /* SA_RESTART would restart a read, but no system restarts poll. */
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    if (sigaction(SIGALRM, &action, NULL) != 0)
        fail("cannot handle SIGALRM: %s", strerror(errno));

    run("who takes it for an error", GIVES_UP);
    run("who begins again", BEGINS_AGAIN);
    run("who goes on with what is left", GOES_ON);
    return 0;
}
