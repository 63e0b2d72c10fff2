/* What stage5_epoll/kqueue.c uses of kqueue(2), declared as its manual pages have it: to
 * compile that file, and no more, where there is no such system. The numbers mean
 * nothing. */
#ifndef EVENT_H
#define EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
    uintptr_t ident;
    short filter;
    unsigned short flags;
    unsigned int fflags;
    intptr_t data;
    void *udata;
};

enum { EVFILT_READ = -1, EVFILT_WRITE = -2 };
enum { EV_ADD = 1, EV_CLEAR = 2, EV_ERROR = 4, EV_EOF = 8 };

int kqueue(void);
int kevent(int kqueue_fd, const struct kevent *changes, int how_many_changes,
           struct kevent *events, int room, const struct timespec *timeout);

#endif
