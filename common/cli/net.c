#include "cli/net.h"

#include "base/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- the limit of descriptors ---- */

static struct rlimit descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("cannot ask for the limit of descriptors: %s", strerror(errno));
    return limit;
}

/* Returns whether the soft limit is so high now. */
static bool raise_limit(struct rlimit limit, rlim_t needed)
{
    if (limit.rlim_cur >= needed)
        return true;
    limit.rlim_cur = needed;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

void net_need_descriptors(long clients, long each)
{
    enum { OTHERS = 16 }; /* stdin and so on, the listener, the reactor's, inherited */
    rlim_t needed = (rlim_t)(clients * each + OTHERS);
    struct rlimit limit = descriptor_limit();

    if (limit.rlim_max < needed || !raise_limit(limit, needed))
        fail("%ld clients need %lld descriptors, the limit is %lld; raise it (as root: "
             "ulimit -n %lld) or take fewer clients",
             clients, (long long)needed, (long long)limit.rlim_max, (long long)needed);
}

void net_take_descriptors(void)
{
    enum { ENOUGH = 65536 };
    struct rlimit limit = descriptor_limit();

    /* if it fails, we serve as many as we may */
    raise_limit(limit, limit.rlim_max < ENOUGH ? limit.rlim_max : ENOUGH);
}

/* ---- names and addresses ---- */

/* Returns 0, or what gai_strerror explains. */
static int find(const char *host, int port, int flags, struct addrinfo **addresses)
{
    struct addrinfo hints = {
        .ai_flags = flags | AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    char service[8];

    snprintf(service, sizeof service, "%d", port);
    return getaddrinfo(host, service, &hints, addresses);
}

static void say_looking_up(const char *host)
{
    static bool said; /* a demo looks it up twice: to listen, and to connect */

    if (!said)
        message("looking up '%s', before --timeout begins; "
                "a name server that does not answer may take half a minute",
                host);
    said = true;
}

struct addrinfo *net_find(const char *host, int port)
{
    bool is_localhost = strcmp(host, "localhost") == 0;
    struct addrinfo *addresses;

    int error = find(host, port, AI_NUMERICHOST, &addresses);
    if (error == EAI_NONAME) { /* it is not numeric */
        if (!is_localhost)
            say_looking_up(host);
        error = find(host, port, 0, &addresses);
    }
    /* it means this machine even where no file and no server says so: RFC 6761 */
    if (error != 0 && is_localhost)
        error = find("127.0.0.1", port, AI_NUMERICHOST, &addresses);
    if (error != 0)
        fail("cannot find host '%s': %s; check --host", host,
             error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
    return addresses;
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

bool net_is_itself(int fd, const struct addrinfo *address)
{
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;

    return getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
           length == address->ai_addrlen && memcmp(&own, address->ai_addr, length) == 0;
}

const char *net_advice(const struct addrinfo *address, int error)
{
    bool is_version_6 = address->ai_family == AF_INET6;

    if (is_version_6 &&
        (error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == ENETUNREACH))
        return "this machine may be without IPv6: try --host 127.0.0.1";
    switch (error) {
    case ECONNREFUSED:
        return "is a server listening there? Start one with serve";
    case EMFILE:
        return "raise ulimit -n, or take fewer clients";
    case ENFILE:
        return "all programs together have too many files open: end some";
    case ENOBUFS:
    case ENOMEM:
        return "memory has run out: take fewer clients";
    case EADDRNOTAVAIL:
        return "all local ports may be in use: wait a minute, or take fewer clients";
    default:
        return "check --host and --port";
    }
}

static void own_address_text(int listener, char text[ADDRESS_TEXT])
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail("cannot ask for the listener's address: %s", strerror(errno));
    net_address_text((struct sockaddr *)&address, length, text);
}

void net_say_listening(int listener)
{
    char text[ADDRESS_TEXT];

    own_address_text(listener, text);
    message("listening on %s", text);
}

int net_port(int listener)
{
    char text[ADDRESS_TEXT];

    own_address_text(listener, text);
    const char *colon = strrchr(text, ':');
    return colon == NULL ? 0 : (int)strtol(colon + 1, NULL, 10);
}

/* ---- listen ---- */

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
        trace(OS_CALL, .word = "listen", .fd = fd); /* it does not block */
        return fd;
    }
    int error = errno;
    close(fd);
    return -error;
}

static const char *advice_on_listen(const struct addrinfo *address, int error)
{
    switch (error) {
    case EADDRINUSE:
        return "stop the other server, or take another --port";
    case EADDRNOTAVAIL:
        return "--host must be an address of this machine, or 0.0.0.0 for all of them";
    case EACCES:
        return "take a --port of 1024 or above";
    default:
        return net_advice(address, error);
    }
}

static _Noreturn void fail_to_listen(const struct addrinfo *address, int error)
{
    char text[ADDRESS_TEXT];

    net_address_text(address->ai_addr, address->ai_addrlen, text);
    fail("cannot listen on %s: %s; %s", text, strerror(error),
         advice_on_listen(address, error));
}

int net_listen(const char *host, int port)
{
    struct addrinfo *addresses = net_find(host, port);
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
