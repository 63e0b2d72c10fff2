/* Runs a program, is its peer, and says in lines of a name and a value how it went:
 *
 *     peer SECONDS OUT ERR MODE [NUMBER...] -- PROGRAM [ARGUMENT...]
 *
 * run            no peer
 * read N SEED    descriptor 3 is a stream on which N bytes of pattern.h are to come; we
 *                read at leisure, and in pieces
 * leave N        the same, but when we have got N bytes we are gone
 * clients N      it is a server, which says at which port it listens: N clients come at
 *                once, and when they have got all it gets SIGINT
 * resets N       the same with one client; but N others have come before, and gone
 * signals N      the same with one client; while it waits SIGCONT comes, up to N times,
 *                as after Ctrl-Z and fg: signals says how often
 * scarce N D     as clients, but the program may have D descriptors at once
 * echoes N SEED  it sends back what comes: N clients come, one after the other; each says
 *                a line, is silent for a while, says it again, and hangs up
 * listen N SEED  descriptor 3 is a listener: N clients are to come, one after the other,
 *                each with the next 8 bytes of pattern.h
 *
 * whole says whether its peer got what was due; ended, how it ended. Its memory is not
 * limited, its CPU time and its files are; after SECONDS it is asked who is stuck, and
 * killed. Exit status 0: we have judged. */
#include "pattern.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FOR_PROGRAM = 3, CPU_SECONDS = 2, MOST_CLIENTS = 100, LARGEST_FILE = 1 << 26 };

static int64_t seconds;
static int64_t deadline;
static pid_t program;
static const char *err_file;
static long signals_due;   /* to be sent, at most; 0: none */
static rlim_t descriptors; /* that the program may have; 0: as many as we */

static int64_t left(void)
{
    int64_t ns = deadline - now_ns();

    return ns > 0 ? ns : 0;
}

static void pause_for(int64_t ns)
{
    nanosleep(
        &(struct timespec){(time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND)},
        NULL);
}

static int checked(int result, const char *what)
{
    if (result < 0)
        fail("%s failed: %s; try again with fewer programs at once", what,
             strerror(errno));
    return result;
}

/* ---- the program ---- */

static void limit(int what, rlim_t most)
{
    checked(setrlimit(what, &(struct rlimit){most, most + 1}), "setrlimit");
}

static void redirect(const char *file, int fd)
{
    int opened = checked(open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644), file);

    checked(dup2(opened, fd), "dup2");
    close(opened);
}

/* `end`: of a stream to us; -1: none. */
static void start(char **arguments, const char *out, int end)
{
    program = checked(fork(), "fork");
    if (program > 0)
        return;
    limit(RLIMIT_CPU, (rlim_t)(CPU_SECONDS * (seconds + 4) / 5));
    limit(RLIMIT_FSIZE, LARGEST_FILE);
    if (descriptors > 0)
        limit(RLIMIT_NOFILE, descriptors - 1);
    redirect(out, STDOUT_FILENO);
    redirect(err_file, STDERR_FILENO);
    if (end >= 0) {
        checked(dup2(end, FOR_PROGRAM), "dup2");
        if (end != FOR_PROGRAM)
            close(end);
        setenv("LAB_PEER", "1", 1);
    }
    execv(arguments[0], arguments);
    fail("cannot run %s: %s", arguments[0], strerror(errno));
}

static bool has_ended(int *status)
{
    return waitpid(program, status, WNOHANG) == program;
}

/* SIGQUIT: the doctor lists the tasks. SIGXCPU: the witness names the poll. */
static int put_to_an_end(void)
{
    static const int signals[] = {SIGQUIT, SIGXCPU, SIGKILL};
    int status = 0;

    for (int i = 0; i < 3; i++) {
        kill(program, signals[i]);
        for (int tries = 0; tries < 20; tries++) {
            if (has_ended(&status))
                return status;
            pause_for(10 * NS_PER_MS);
        }
    }
    checked((int)waitpid(program, &status, 0), "waitpid");
    return status;
}

static void say_how_it_ended(void)
{
    struct rusage usage;
    int status;
    bool in_time = false;

    while (!(in_time = has_ended(&status)) && left() > 0)
        pause_for(2 * NS_PER_MS);
    if (!in_time)
        status = put_to_an_end();
    getrusage(RUSAGE_CHILDREN, &usage);
    if (!in_time)
        printf("ended not, within %" PRId64 " s\n", seconds);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        printf("ended not, within its CPU time\n");
    else if (WIFSIGNALED(status))
        printf("ended by signal %d\n", WTERMSIG(status));
    else
        printf("ended %d\n", WEXITSTATUS(status));
    printf("cpu_ms %jd\n",
           (intmax_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
}

/* ---- read ---- */

/* Waits until fd is readable; returns whether it is, before the deadline. */
static bool is_readable(int fd)
{
    struct pollfd row = {.fd = fd, .events = POLLIN};

    return poll(&row, 1, milliseconds_up(left())) > 0;
}

static void read_at_leisure(int fd, size_t due, uint32_t seed)
{
    static char bytes[16384];
    size_t got = 0;
    intmax_t wrong_at = -1;
    ssize_t n = 0;

    pause_for(20 * NS_PER_MS);
    while (is_readable(fd) && (n = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++, got++)
            if (wrong_at < 0 && (got >= due || bytes[i] != pattern_byte(seed, got)))
                wrong_at = (intmax_t)got;
        if (got > 4 * due) /* it will not end by itself */
            break;
        pause_for(NS_PER_MS);
    }
    close(fd);
    printf("bytes %zu\nwrong_at %jd\n", got, wrong_at);
    printf("whole %s\n", got == due && wrong_at < 0 ? "yes" : "no");
}

/* Whole when so many came, before the program has ended. */
static void read_and_leave(int fd, size_t most)
{
    static char bytes[1024];
    size_t got = 0;
    ssize_t n = 1;

    while (got < most && n > 0 && is_readable(fd) &&
           (n = read(fd, bytes, sizeof bytes)) > 0)
        got += (size_t)n;
    close(fd);
    printf("bytes %zu\nwhole %s\n", got, got >= most ? "yes" : "no");
}

/* Starts the program, and returns our end of the stream. */
static int start_with_stream(char **arguments, const char *out)
{
    int ends[2];
    int room = 8192;

    checked(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
    checked(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), "setsockopt");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    start(arguments, out, ends[1]);
    close(ends[1]);
    return ends[0];
}

/* ---- clients ---- */

static struct client {
    int fd; /* -1: it has ended */
    char got[200];
    size_t length;
    int64_t came; /* when it connected, got its first byte, and the end */
    int64_t started;
    int64_t ended;
} clients[MOST_CLIENTS];

/* Waits until the program has said so; 0: it has not. */
static int port_of_server(void)
{
    char line[400];
    int port = 0;
    int status;

    while (port == 0 && left() > 0) {
        FILE *file = fopen(err_file, "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL) {
            const char *said = strstr(line, "listening on ");
            const char *colon = said != NULL ? strrchr(said, ':') : NULL;
            if (colon != NULL && strchr(colon, '\n') != NULL)
                port = atoi(colon + 1);
        }
        if (file != NULL)
            fclose(file);
        siginfo_t info = {0};
        status = waitid(P_PID, (id_t)program, &info, WEXITED | WNOHANG | WNOWAIT);
        if (port == 0 && status == 0 && info.si_pid == program)
            return 0;
        pause_for(2 * NS_PER_MS);
    }
    return port;
}

/* -1: nobody is there. */
static int connect_to_port(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");

    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Comes, and resets the connection. */
static void come_and_go(int port)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    int fd = connect_to_port(port);

    if (fd < 0)
        return;
    checked(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
            "setsockopt");
    close(fd);
}

/* While the server is stopped: so that it finds all of them at once. */
static void connect_clients(int gone, int count, int port)
{
    kill(program, SIGSTOP);
    for (int i = 0; i < gone; i++)
        come_and_go(port);
    for (int i = 0; i < count; i++) {
        clients[i].came = now_ns();
        clients[i].fd = connect_to_port(port);
    }
    kill(program, SIGCONT);
}

/* Returns whether it goes on. */
static bool client_reads(struct client *client)
{
    size_t room = sizeof client->got - 1 - client->length;
    ssize_t n = read(client->fd, client->got + client->length, room);

    if (client->length == 0)
        client->started = now_ns();
    if (n > 0) {
        client->length += (size_t)n;
        return true;
    }
    client->ended = now_ns();
    close(client->fd);
    client->fd = -1;
    return false;
}

static void read_answers(int count)
{
    struct pollfd rows[MOST_CLIENTS];
    int open = 0;

    for (int i = 0; i < count; i++)
        open += clients[i].fd >= 0;
    while (open > 0) {
        for (int i = 0; i < count; i++)
            rows[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
        if (poll(rows, (nfds_t)count, milliseconds_up(left())) <= 0)
            return;
        for (int i = 0; i < count; i++)
            if (rows[i].revents != 0 && !client_reads(&clients[i]))
                open--;
    }
}

/* The same of one client, and every 10 ms a signal comes, up to `signals_due` times. */
static void send_signals(void)
{
    long sent = 0;
    bool open = clients[0].fd >= 0;

    while (open && left() > 0) {
        struct pollfd row = {.fd = clients[0].fd, .events = POLLIN};
        if (poll(&row, 1, sent < signals_due ? 10 : milliseconds_up(left())) > 0)
            open = client_reads(&clients[0]);
        else if (sent < signals_due && kill(program, SIGCONT) == 0)
            sent++;
    }
    printf("signals %ld\n", sent);
}

/* Each is to get "start k" and "end k", each k once. */
static bool is_whole(struct client *client, int most)
{
    static bool seen[2 * MOST_CLIENTS + 1];
    char due[100];
    int number = 0;

    if (client->length == 0 || sscanf(client->got, "start %d", &number) != 1 ||
        number < 1 || number > most || seen[number])
        return false;
    seen[number] = true;
    snprintf(due, sizeof due, "start %d\nend %d\n", number, number);
    return strcmp(client->got, due) == 0;
}

static void say_client(int place, struct client *client)
{
    for (char *c = client->got; *c != '\0'; c++)
        if (*c == '\n')
            *c = c[1] != '\0' ? ',' : '.';
    printf("client_%d %s%s\n", place, client->got, client->fd >= 0 ? " (no end)" : "");
}

/* together: all have got a byte before the first has got all. */
static void say_times(int count)
{
    int64_t first_end = INT64_MAX;
    int64_t last_start = 0;
    int64_t shortest = INT64_MAX;

    for (struct client *client = clients; client < clients + count; client++) {
        int64_t took = client->ended - client->came;
        first_end = client->ended < first_end ? client->ended : first_end;
        last_start = client->started > last_start ? client->started : last_start;
        shortest = took < shortest ? took : shortest;
    }
    printf("together %s\n", last_start < first_end ? "yes" : "no");
    printf("shortest_ms %" PRId64 "\n", shortest / NS_PER_MS);
}

static void be_clients(char **arguments, const char *out, int gone, int count)
{
    bool whole = true;

    start(arguments, out, -1);
    int port = port_of_server();
    if (port > 0) {
        connect_clients(gone, count, port);
        if (signals_due > 0)
            send_signals();
        else
            read_answers(count);
    }
    for (int i = 0; i < count; i++) {
        whole = is_whole(&clients[i], gone + count) && whole;
        say_client(i + 1, &clients[i]);
    }
    say_times(count);
    printf("whole %s\n", whole && port > 0 ? "yes" : "no");
    kill(program, SIGINT);
}

/* ---- echoes ---- */

/* Says it, and returns whether it came back. */
static bool is_echoed(int fd, const char *line)
{
    char got[100] = "";
    size_t length = strlen(line);
    size_t came = 0;
    ssize_t n = write(fd, line, length);

    while (n > 0 && came < length && is_readable(fd)) {
        n = read(fd, got + came, length - came);
        came += n > 0 ? (size_t)n : 0;
    }
    return strcmp(got, line) == 0;
}

/* Returns whether it got back what it had said, and then the end. */
static bool be_echo(int port, int number, long seed)
{
    char line[100];
    char byte;
    int fd = connect_to_port(port);

    if (fd < 0)
        return false;
    snprintf(line, sizeof line, "%d says %ld\n", number, seed);
    bool whole = is_echoed(fd, line);
    pause_for(50 * NS_PER_MS); /* meanwhile the server waits for us */
    whole = whole && is_echoed(fd, line);
    shutdown(fd, SHUT_WR);
    whole = whole && is_readable(fd) && read(fd, &byte, 1) == 0;
    close(fd);
    return whole;
}

static void be_echoes(char **arguments, const char *out, int count, long seed)
{
    int echoed = 0;

    start(arguments, out, -1);
    signal(SIGPIPE, SIG_IGN);
    int port = port_of_server();
    for (int i = 1; i <= count && port > 0; i++)
        echoed += be_echo(port, i, seed);
    printf("echoed %d\nwhole %s\n", echoed, echoed == count ? "yes" : "no");
    kill(program, SIGINT);
}

/* ---- listen ---- */

static bool is_gone(void)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)program, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == program;
}

static int listen_here(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");

    checked(bind(fd, (struct sockaddr *)&here, sizeof here), "bind");
    checked(listen(fd, MOST_CLIENTS), "listen");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* Returns whether the client says the bytes from `place` on, and hangs up. */
static bool hears(int fd, size_t place, uint32_t seed)
{
    char bytes[9];
    size_t got = 0;
    ssize_t n = 1;
    bool right = true;

    while (n > 0 && got < sizeof bytes && is_readable(fd)) {
        n = read(fd, bytes + got, sizeof bytes - got);
        got += n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < got && got == 8; i++)
        right = right && bytes[i] == pattern_byte(seed, place + i);
    close(fd);
    return right && got == 8;
}

/* The kernel lets them in, so we need not look before the program has ended. */
static void be_listener(char **arguments, const char *out, int due, uint32_t seed)
{
    int listener = listen_here();
    int heard = 0;
    int fd;

    start(arguments, out, listener);
    while (!is_gone() && left() > 0)
        pause_for(2 * NS_PER_MS);
    for (int i = 1; (fd = accept(listener, NULL, NULL)) >= 0; i++) {
        bool right = hears(fd, 8 * (size_t)heard, seed);
        heard += right;
        if (!right)
            printf("client_%d did not say what is due\n", i);
    }
    close(listener);
    printf("client_0 %d of %d have come, and said it\n", heard, due);
    printf("whole %s\n", heard == due ? "yes" : "no");
}

/* ---- main ---- */

static long number(const char *text, long least, long most)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end != '\0' || value < least || value > most)
        fail("a number from %ld to %ld is due, not '%s'", least, most, text);
    return value;
}

static uint32_t seed_of(const char *text)
{
    return (uint32_t)number(text, 0, 1 << 30);
}

static char **after_dashes(char **arguments)
{
    while (*arguments != NULL && strcmp(*arguments, "--") != 0)
        arguments++;
    if (arguments[0] == NULL || arguments[1] == NULL)
        fail("which program? It comes after --");
    return arguments + 1;
}

int main(int argc, char **argv)
{
    program_name = "peer";
    if (argc < 7)
        fail("usage: peer SECONDS OUT ERR MODE [NUMBER...] -- PROGRAM [ARGUMENT...]");
    seconds = number(argv[1], 1, 1000);
    deadline = now_ns() + seconds * NS_PER_SECOND;
    err_file = argv[3];
    unlink(err_file); /* of an earlier run */
    char **arguments = after_dashes(argv + 5);
    const char *mode = argv[4];
    long first = number(strcmp(argv[5], "--") != 0 ? argv[5] : "0", 0, 100000000);

    if (strcmp(mode, "run") == 0)
        start(arguments, argv[2], -1);
    else if (strcmp(mode, "read") == 0)
        read_at_leisure(start_with_stream(arguments, argv[2]), (size_t)first,
                        seed_of(argv[6]));
    else if (strcmp(mode, "leave") == 0)
        read_and_leave(start_with_stream(arguments, argv[2]), (size_t)first);
    else if (strcmp(mode, "clients") == 0)
        be_clients(arguments, argv[2], 0, (int)number(argv[5], 1, MOST_CLIENTS));
    else if (strcmp(mode, "resets") == 0)
        be_clients(arguments, argv[2], (int)number(argv[5], 1, MOST_CLIENTS), 1);
    else if (strcmp(mode, "signals") == 0) {
        signals_due = number(argv[5], 1, 1000);
        be_clients(arguments, argv[2], 0, 1);
    } else if (strcmp(mode, "scarce") == 0) {
        descriptors = (rlim_t)number(argv[6], 8, 1000);
        be_clients(arguments, argv[2], 0, (int)number(argv[5], 1, MOST_CLIENTS));
    } else if (strcmp(mode, "echoes") == 0)
        be_echoes(arguments, argv[2], (int)number(argv[5], 1, MOST_CLIENTS),
                  number(argv[6], 0, 1 << 30));
    else if (strcmp(mode, "listen") == 0)
        be_listener(arguments, argv[2], (int)first, seed_of(argv[6]));
    else
        fail("no such mode: %s", mode);
    say_how_it_ended();
    return 0;
}
