/* The least that the kernel allows without epoll: one poll(2) over all descriptors, in a
 * list that is kept from one wait to the next. */
#include "bare.h"
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>

const char *const peer_name = "bare_poll";

/* list[i] is the descriptor of sources[i]. */
static struct pollfd *list;
static struct source **sources;
static nfds_t length;
static nfds_t capacity;
static nfds_t *places; /* of each descriptor in the list */
static int places_length;

const char *peer_version(void)
{
    static struct utsname system;

    check(uname(&system), "ask for the kernel's version");
    return system.release;
}

static void make_room(int fd)
{
    if (length == capacity) {
        capacity = capacity == 0 ? 64 : 2 * capacity;
        list = check_pointer(realloc(list, capacity * sizeof *list), "grow");
        sources = check_pointer(realloc(sources, capacity * sizeof *sources), "grow");
    }
    if (fd >= places_length) {
        places_length = 2 * fd + 64;
        places = check_pointer(realloc(places, (size_t)places_length * sizeof *places),
                               "grow");
    }
}

static void insert(struct source *source, int events)
{
    make_room(source->fd);
    places[source->fd] = length;
    list[length] = (struct pollfd){.fd = source->fd, .events = (short)events};
    sources[length++] = source;
}

/* The last one takes its place. */
static void take_out(struct source *source)
{
    nfds_t place = places[source->fd];

    length--;
    list[place] = list[length];
    sources[place] = sources[length];
    places[list[place].fd] = place;
}

void want(struct source *source, int events)
{
    if (source->wanted == 0 && events != 0)
        insert(source, events);
    else if (source->wanted != 0 && events == 0)
        take_out(source);
    else if (events != 0)
        list[places[source->fd]].events = (short)events;
    source->wanted = events;
}

void forget(struct source *source)
{
    if (source->wanted != 0)
        take_out(source);
    source->wanted = 0;
}

/* From the last to the first: one that takes itself out is replaced by one that has been
 * looked at, or is new. */
void wait_once(int timeout)
{
    nfds_t n = length;

    if (poll(list, n, timeout) < 0 && errno != EINTR)
        die("wait");
    for (nfds_t i = n; i-- > 0;)
        if (i < length && list[i].revents != 0)
            sources[i]->ready(sources[i]);
}
