/* No descriptor is left, and a client waits. The listener stays readable: so a server
 * that tries again at once is busy for nothing; one that rests is not. (EMFILE) */
#include "core/core.h"
#include "lesson.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MANY = 20 };
static int64_t a_while;
static int file; /* that somebody has open */
static struct rlimit usual;

static void *close_later(void *unused)
{
    sleep_blocking(a_while);
    say("somebody: closes a file");
    close(file);
    return unused;
}

struct server {
    struct future future; /* shortcut: no drop; main polls it to its end */
    bool is_hasty;        /* the mistake */
    bool rests;           /* before it tries again: */
    struct sleep_for sleep;
    struct operation accept;
    int failed;
};

static void has_failed(struct server *self, int error)
{
    if (self->failed++ == 0)
        say("server: accept: %s", strerror(error));
    if (self->is_hasty && self->failed == MANY)
        say("server: %d times; so it goes on, and I give in, and rest", MANY);
    self->rests = !self->is_hasty || self->failed >= MANY;
    self->sleep = sleep_for(a_while * 3 / 10);
}

/* From now on none can be had that is not closed before: all are below the limit. */
static void take_the_rest(void)
{
    int next = (int)checked(dup(file));
    struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = usual.rlim_max};

    close(next);
    checked(setrlimit(RLIMIT_NOFILE, &none) < 0 ? -errno : 0);
}

static enum poll_result server_poll(struct future *future, struct context *cx)
{
    struct server *self = container_of(future, struct server, future);

    if (self->failed == 0)
        take_the_rest();
    for (;;) {
        if (self->rests && future_poll(&self->sleep.future, cx) == PENDING)
            return PENDING;
        self->rests = false;
        if (future_poll(&self->accept.future, cx) == PENDING)
            return PENDING;
        if (self->accept.result >= 0)
            return READY;
        has_failed(self, (int)-self->accept.result);
        self->accept = accept_one(self->accept.fd);
    }
}

static void run(const char *title, bool is_hasty)
{
    struct sockaddr_in address;
    int listener = lesson_listener(&address, 0);
    struct server server = {
        {server_poll, NULL}, is_hasty, .accept = accept_one(listener)};

    part(title);
    set_nonblocking(listener);
    lesson_client(&address, 0); /* the kernel has connected it */
    file = (int)checked(dup(listener));
    pthread_t somebody = start_thread(close_later, NULL);
    block_on(&server.future);
    say("server: the client is there; accept has failed %d times", server.failed);
    checked(setrlimit(RLIMIT_NOFILE, &usual) < 0 ? -errno : 0);
    pthread_join(somebody, NULL);
    forget_and_close((int)server.accept.result);
}

int main(int argc, char **argv)
{
    lesson_start("emfile", "[SECONDS]", &argc, argv);
    a_while = lesson_seconds(argc, argv, 0.5);
    checked(getrlimit(RLIMIT_NOFILE, &usual) < 0 ? -errno : 0);
    run("a server that tries again at once", true);
    run("a server that rests first", false);
    return 0;
}
