/* Sockets and names, the same for all five. A function here that cannot go on says why
 * and exits 1, but where it says otherwise. */
#ifndef NET_H
#define NET_H

#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>

/* Raises the soft limit of descriptors to what `clients` clients with `each` need. Exits
 * 1 if the hard limit forbids it. */
void net_need_descriptors(long clients, long each);

/* Raises it as far as it goes, to 65,536 at most: a server cannot know how many come. */
void net_take_descriptors(void);

/* A listening socket, which blocks, with a backlog of SOMAXCONN. (tcp_bind) */
int net_listen(const char *host, int port);

int net_port(int listener);

/* All addresses of `host`, for freeaddrinfo. A name that is not numeric is looked up
 * here, before anybody waits for us, and that is said: it may block for seconds. */
struct addrinfo *net_find(const char *host, int port);

/* Whether both ends of a connection to `address` are this one socket: nobody listened
 * there, and the kernel gave it that very port as its own. (Not seen of 0.0.0.0, another
 * name of this machine: that client waits for its time-out.) */
bool net_is_itself(int fd, const struct addrinfo *address);

/* What to do about an errno of socket or connect: "check --host". */
const char *net_advice(const struct addrinfo *address, int error);

/* "127.0.0.1:8000" or "[::1]:8000" */
enum { ADDRESS_TEXT = 80 };
void net_address_text(const struct sockaddr *address, socklen_t length,
                      char text[ADDRESS_TEXT]);

/* "listening on 127.0.0.1:8000", on stderr. */
void net_say_listening(int listener);

#endif
