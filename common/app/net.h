/* Sockets and names, the same for all five. A function here that cannot go on says why
 * and exits 1. */
#ifndef APP_NET_H
#define APP_NET_H

#include <netdb.h>
#include <sys/socket.h>

/* First thing in main, against what would kill or confuse us: SIGPIPE is ignored, and
 * stdin, stdout and stderr are open, if only to fail (the number of a closed stdout would
 * soon be a socket's, and our output would go there). */
void net_prepare(void);

/* Raises the soft limit of descriptors to what `clients` clients with `each` need. Exits
 * 1 if the hard limit forbids it. */
void net_need_descriptors(long clients, long each);

/* Raises it as far as it goes: a server cannot know how many clients come. */
void net_take_descriptors(void);

/* A listening socket, with a backlog of SOMAXCONN. (tcp_bind) */
int net_listen(const char *host, int port);

int net_port(int listener);

/* Connects to our own listener: the two ends of a new connection. `send_buffer`:
 * SO_SNDBUF of the first; 0: the system's. */
void net_pair(int listener, int send_buffer, int ends[2]);

/* How many connections may wait in a listener's queue here. */
long net_backlog(void);

/* All addresses of `host`, for freeaddrinfo. With AI_NUMERICHOST in `flags` it answers at
 * once; else it may block for seconds. Returns NULL, or why there are none. */
const char *net_find(const char *host, int port, int flags, struct addrinfo **addresses);

_Noreturn void net_host_not_found(const char *host, const char *why);

/* "127.0.0.1:8000" or "[::1]:8000" */
enum { ADDRESS_TEXT = 80 };
void net_address_text(const struct sockaddr *address, socklen_t length,
                      char text[ADDRESS_TEXT]);

/* "listening on 127.0.0.1:8000", on stderr. */
void net_say_listening(int listener);

#endif
