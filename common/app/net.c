#include "app/net.h"

#include "app/stage.h"
#include "core/message.h"
#include "core/system.h"
#include "core/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void net_prepare(void)
{
    program_name = stage.name;
    signal(SIGPIPE, SIG_IGN); /* write fails with EPIPE, and one connection ends */

    /* open takes the lowest free number; read-only, it makes a write to stdout fail. */
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR) != fd)
            fail("cannot open /dev/null: %s", strerror(errno));
}

static struct rlimit descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("cannot ask for the limit of descriptors: %s", strerror(errno));
    return limit;
}

void net_need_descriptors(long clients, long each)
{
    enum { OTHERS = 16 }; /* stdin and so on, the listener, the reactor's, inherited */
    rlim_t needed = (rlim_t)(clients * each + OTHERS);
    struct rlimit limit = descriptor_limit();

    if (limit.rlim_max < needed)
        fail("%ld clients need %lld descriptors, the limit is %lld; raise it (as root: "
             "ulimit -n %lld) or take fewer clients",
             clients, (long long)needed, (long long)limit.rlim_max, (long long)needed);
    if (limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("cannot raise the limit of descriptors to %lld: %s; take fewer clients",
             (long long)needed, strerror(errno));
}

void net_take_descriptors(void)
{
    enum { ENOUGH = 65536 };
    struct rlimit limit = descriptor_limit();
    rlim_t most = limit.rlim_max < ENOUGH ? limit.rlim_max : ENOUGH;

    if (limit.rlim_cur >= most)
        return;
    limit.rlim_cur = most;
    setrlimit(RLIMIT_NOFILE, &limit); /* if it fails, we serve as many as we may */
}

/* ---- names and addresses ---- */

const char *net_find(const char *host, int port, int flags, struct addrinfo **addresses)
{
    struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    char service[8];

    snprintf(service, sizeof service, "%d", port);
    int code = getaddrinfo(host, service, &hints, addresses);
    /* it means this machine even where no file and no server says so: RFC 6761 */
    if (code != 0 && (flags & AI_NUMERICHOST) == 0 && strcmp(host, "localhost") == 0)
        code = getaddrinfo("127.0.0.1", service, &hints, addresses);
    if (code == EAI_SYSTEM)
        return strerror(errno);
    return code == 0 ? NULL : gai_strerror(code);
}

void net_host_not_found(const char *host, const char *why)
{
    fail("cannot find host '%s': %s; check --host", host, why);
}

void net_address_text(const struct sockaddr *address, socklen_t length,
                      char text[ADDRESS_TEXT])
{
    char host[64];
    char port[8];

    if (getnameinfo(address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(text, ADDRESS_TEXT, "an unknown address");
    else
        snprintf(text, ADDRESS_TEXT, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

static socklen_t own_address(int listener, struct sockaddr_storage *address)
{
    socklen_t length = sizeof *address;

    if (getsockname(listener, (struct sockaddr *)address, &length) != 0)
        fail("cannot ask for the listener's address: %s", strerror(errno));
    return length;
}

void net_say_listening(int listener)
{
    struct sockaddr_storage address;
    socklen_t length = own_address(listener, &address);
    char text[ADDRESS_TEXT];

    net_address_text((struct sockaddr *)&address, length, text);
    message("listening on %s", text);
}

int net_port(int listener)
{
    struct sockaddr_storage address;

    own_address(listener, &address);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* ---- listen ---- */

long net_backlog(void)
{
    long most = 128; /* where the system does not say: what many have */
    char line[32];
    FILE *file = fopen("/proc/sys/net/core/somaxconn", "r");

    if (file != NULL && fgets(line, sizeof line, file) != NULL)
        most = strtol(line, NULL, 10);
    if (file != NULL)
        fclose(file);
    return most < SOMAXCONN ? most : SOMAXCONN;
}

/* Returns a listener, or -errno. */
static int listen_on(const struct addrinfo *address)
{
    int yes = 1; /* listen again at once, though old connections linger in TIME_WAIT */
    int fd = socket(address->ai_family, SOCK_STREAM, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(fd, SOMAXCONN) == 0) {
        trace_call("listen", fd, 0);
        return fd;
    }
    int error = errno;
    close(fd);
    return -error;
}

static _Noreturn void fail_to_listen(const struct addrinfo *address, int error)
{
    char text[ADDRESS_TEXT];
    const char *advice = "check --host and --port";

    if (error == EADDRINUSE)
        advice = "stop the other server, or take another --port";
    if (error == EADDRNOTAVAIL)
        advice = "--host must be an address of this machine, or 0.0.0.0 for all of them";
    if (error == EACCES)
        advice = "take a --port of 1024 or above";
    if (error == EMFILE || error == ENFILE)
        advice = "raise ulimit -n";
    net_address_text(address->ai_addr, address->ai_addrlen, text);
    fail("cannot listen on %s: %s; %s", text, strerror(error), advice);
}

int net_listen(const char *host, int port)
{
    struct addrinfo *addresses;

    const char *why_not = net_find(host, port, AI_PASSIVE, &addresses);
    if (why_not != NULL)
        net_host_not_found(host, why_not);
    const struct addrinfo *address = addresses;
    int fd = listen_on(address);
    while (fd < 0 && address->ai_next != NULL) {
        address = address->ai_next;
        fd = listen_on(address);
    }
    if (fd < 0)
        fail_to_listen(address, -fd);
    freeaddrinfo(addresses);
    return fd;
}

/* ---- a connection to ourselves ---- */

/* TCP_NODELAY: a few bytes, such as the end of a large buffer, are sent at once, and not
 * only when those before them have been acknowledged. (Nagle's algorithm) */
static void set_socket_options(int fd, int send_buffer)
{
    int one = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0)
        fail("cannot set TCP_NODELAY: %s; try another --host", strerror(errno));
    if (send_buffer > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer) != 0)
        fail("cannot set SO_SNDBUF to %d: %s; try another --sndbuf", send_buffer,
             strerror(errno));
}

/* Returns our end. Interrupted, a connect goes on by itself. */
static int connect_to_listener(int listener, int send_buffer)
{
    struct sockaddr_storage address;
    socklen_t length = own_address(listener, &address);
    int fd = socket(address.ss_family, SOCK_STREAM, 0);

    trace_call("socket", -1, fd);
    if (fd < 0)
        fail("cannot make a socket: %s; raise ulimit -n", strerror(errno));
    set_socket_options(fd, send_buffer);
    int result = connect(fd, (struct sockaddr *)&address, length);
    trace_call("connect", fd, result);
    if (result != 0 && errno != EINTR)
        fail("cannot connect to our own listener: %s; try another --host",
             strerror(errno));
    return fd;
}

/* Whether these are the two ends of one connection. */
static bool are_connected(int fd, int other)
{
    struct sockaddr_storage own;
    struct sockaddr_storage peer;
    socklen_t own_length = sizeof own;
    socklen_t peer_length = sizeof peer;
    char own_text[ADDRESS_TEXT];
    char peer_text[ADDRESS_TEXT];

    if (getsockname(fd, (struct sockaddr *)&own, &own_length) != 0 ||
        getpeername(other, (struct sockaddr *)&peer, &peer_length) != 0)
        return false;
    net_address_text((struct sockaddr *)&own, own_length, own_text);
    net_address_text((struct sockaddr *)&peer, peer_length, peer_text);
    return strcmp(own_text, peer_text) == 0;
}

/* Shortcut: connects and accepts without a future. Nobody waits: a loopback connection is
 * made at once. The real thing uses connect_to and accept_one. */
void net_pair(int listener, int send_buffer, int ends[2])
{
    ends[0] = connect_to_listener(listener, send_buffer);
    for (;;) {
        ends[1] = accept(listener, NULL, NULL);
        trace_call("accept", listener, ends[1]);
        if (ends[1] >= 0 && are_connected(ends[0], ends[1]))
            return;
        if (ends[1] >= 0)
            close_descriptor(ends[1]); /* somebody else came before us */
        else if (!accept_may_go_on(errno))
            fail("cannot accept our own connection: %s; raise ulimit -n",
                 strerror(errno));
    }
}
