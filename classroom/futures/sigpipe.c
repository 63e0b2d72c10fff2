/* Who writes to somebody who has hung up gets a signal, SIGPIPE, which ends the whole
 * process. Ignored, it is an error of one write: EPIPE. (BrokenPipe) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVER, CLIENT };
static int ends[2][2]; /* of two connections */
static int64_t a_while;

struct response {
    struct future future; /* shortcut: no drop; main polls it to its end */
    enum { SLEEPING, WRITING } state;
    int number;
    struct sleep_for sleep;
    struct operation write;
};

static enum poll_result response_poll(struct future *future, struct context *cx)
{
    struct response *self = container_of(future, struct response, future);

    if (self->state == SLEEPING) {
        if (future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        say("response %d: I write", self->number);
        self->state = WRITING;
    }
    if (future_poll(&self->write.future, cx) == PENDING)
        return PENDING;
    say("response %d: %s", self->number,
        self->write.result == 0 ? "done" : strerror((int)-self->write.result));
    forget_and_close(self->write.fd);
    return READY;
}

static void serve(void)
{
    struct future *both[2];

    for (int i = 0; i < 2; i++) {
        struct response *self = allocate(1, sizeof *self);
        *self = (struct response){{response_poll, NULL},
                                  SLEEPING,
                                  i + 1,
                                  sleep_for((i + 1) * a_while / 2),
                                  write_all(ends[i][SERVER], "hello", 5)};
        both[i] = &self->future;
    }
    struct join_all join = join_all(both, 2);
    block_on(&join.future);
}

/* A process of its own, for it dies. */
static void serve_and_die(void)
{
    int status = 0;
    pid_t server = fork();

    if (server == 0) {
        signal(SIGPIPE, SIG_DFL);
        serve();
        _exit(EXIT_SUCCESS);
    }
    if (server < 0 || waitpid(server, &status, 0) < 0)
        fail("cannot run a second process: %s; raise ulimit -u", strerror(errno));
    if (WIFSIGNALED(status))
        say("the server is dead: %s", strsignal(WTERMSIG(status)));
}

static void run(const char *title, void (*server)(void))
{
    char bytes[8] = "nothing";

    part(title);
    lesson_pair(ends[0]);
    lesson_pair(ends[1]);
    say("client 1: hangs up");
    close(ends[0][CLIENT]);
    server();
    if (read(ends[1][CLIENT], bytes, 5) > 0)
        bytes[5] = '\0';
    say("client 2: got %s", bytes);
}

int main(int argc, char **argv)
{
    lesson_start("sigpipe", "[SECONDS]", &argc, argv);
    a_while = lesson_seconds(argc, argv, 0.5);
    run("a server that has not heard of SIGPIPE", serve_and_die);
    run("a server that ignores it: signal(SIGPIPE, SIG_IGN)", serve);
    return 0;
}
