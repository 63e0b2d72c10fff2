/* What do idle connections cost? Opens COUNT connections to each server, uses each once,
 * and leaves them alone for SECONDS, ROUNDS times; prints what memory the server has
 * taken for each of them, and the CPU time that it took meanwhile. A child for each
 * server holds its connections: one process could not have so many descriptors.
 *
 *     idle COUNT SECONDS ROUNDS PORT PID [PORT PID]... */
#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct server {
    int port;
    long pid;
    int64_t memory_before;
    int64_t cpu_before;
    pid_t holder;
    int until; /* the holder ends when this pipe is closed */
};

static void sleep_for(double seconds)
{
    struct timespec left = {(time_t)seconds,
                            (long)((seconds - (double)(time_t)seconds) * 1e9)};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* One byte to each and back, a hundred at once: then the server has accepted them. */
static void use_once(const int *fds, long count)
{
    char byte = 'x';

    for (long i = 0; i < count; i++)
        if (write(fds[i], &byte, 1) != 1)
            fail("cannot write to a connection: %s", strerror(errno));
    for (long i = 0; i < count; i++)
        if (read(fds[i], &byte, 1) != 1)
            fail("no echo came from a connection");
}

/* The child: says when all are there, and holds them until the parent closes its pipe. */
static _Noreturn void hold(int port, long count, int tell, int until)
{
    enum { AT_ONCE = 100 };
    int fds[AT_ONCE];
    char byte = 'x';

    for (long rest = count; rest > 0; rest -= AT_ONCE) {
        long some = rest < AT_ONCE ? rest : AT_ONCE;
        for (long i = 0; i < some; i++)
            fds[i] = connect_to_port(port);
        use_once(fds, some);
    }
    if (write(tell, &byte, 1) != 1)
        fail("cannot tell that all are connected: %s", strerror(errno));
    while (read(until, &byte, 1) > 0)
        ;
    exit(EXIT_SUCCESS);
}

static void make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        fail("cannot make a pipe: %s", strerror(errno));
}

static void connect_all(struct server *server, long count)
{
    int told[2];
    int until[2];
    char byte;

    make_pipe(told);
    make_pipe(until);
    server->memory_before = memory_of(server->pid);
    server->holder = fork();
    if (server->holder < 0)
        fail("cannot fork: %s", strerror(errno));
    if (server->holder == 0) {
        close(told[0]);
        close(until[1]);
        hold(server->port, count, told[1], until[0]);
    }
    close(told[1]);
    close(until[0]);
    server->until = until[1];
    if (read(told[0], &byte, 1) != 1)
        fail("the server on port %d did not take %ld connections", server->port, count);
    close(told[0]);
}

static void report(const struct server *server, long count)
{
    int64_t memory = memory_of(server->pid) - server->memory_before;

    printf("{\"port\":%d,\"connections\":%ld,\"bytes_per_connection\":%.1f,"
           "\"cpu_s\":%.6f}\n",
           server->port, count, (double)memory / (double)count,
           (double)(cpu_of(server->pid) - server->cpu_before) / 1e9);
}

/* A later child has a copy of this end of the pipe, so the last one goes first. */
static void let_go(const struct server *server)
{
    close(server->until);
    waitpid(server->holder, NULL, 0);
}

static void measure(struct server *all, int servers, long count, double seconds)
{
    for (int i = 0; i < servers; i++)
        all[i].cpu_before = cpu_of(all[i].pid);
    sleep_for(seconds);
    for (int i = 0; i < servers; i++)
        report(&all[i], count);
}

int main(int argc, char **argv)
{
    program_name = "idle";
    if (argc < 6 || argc % 2 != 0)
        usage("COUNT SECONDS ROUNDS PORT PID [PORT PID]...");
    long count = number(argv[1], 1, 1000000);
    int servers = (argc - 4) / 2;
    struct server *all = calloc((size_t)servers, sizeof *all);
    if (all == NULL)
        fail("out of memory");
    raise_descriptor_limit();

    for (int i = 0; i < servers; i++) {
        all[i].port = (int)number(argv[4 + 2 * i], 1, 65535);
        all[i].pid = number(argv[5 + 2 * i], 1, 1L << 30);
        connect_all(&all[i], count);
    }
    sleep_for(0.5); /* what the servers have still to do for the last of them */
    for (long rounds = number(argv[3], 1, 1000); rounds > 0; rounds--)
        measure(all, servers, count, strtod(argv[2], NULL));
    for (int i = servers - 1; i >= 0; i--)
        let_go(&all[i]);
    free(all);
}
