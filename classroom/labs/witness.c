/* Linked into each program that is judged. Writes each event to the file that LAB_LOG
 * names, in the words of --explain, but none is folded. And says which poll does not
 * return, when the judge, or the limit of CPU time, ends the program by SIGXCPU. */
#include "view/words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LINES = 100000 }; /* who spins would fill the disk */

static FILE *file;
static long lines;
static char polled[200]; /* "client 3"; "": no poll is under way */

static void write_event(const struct event *event)
{
    static const struct actor reactor = {"reactor", 0};
    int us = (int)(event->time / 1000 % 1000000);
    bool is_reactor = same_actor(&event->actor, &reactor); /* its role says so */

    fprintf(file, "%2d.%03d %03d  %-7s  %-13s  %s\n", (int)(event->time / NS_PER_SECOND),
            us / 1000, us % 1000, role_name(role_of(event->kind)),
            is_reactor ? "" : words_of_actor(&event->actor).text,
            words_of_event(event).text);
    fflush(file); /* the program may crash */
}

static void witness_event(const struct event *event)
{
    if (event->kind == EXEC_POLL)
        snprintf(polled, sizeof polled, "%s", words_of_actor(&event->actor).text);
    else if (event->kind >= EXEC_PENDING && event->kind <= EXEC_DONE)
        polled[0] = '\0';
    if (file != NULL && lines++ < MOST_LINES)
        write_event(event);
}

/* Without printf, and without locks, as all in a signal handler. */
static void say_who(int number)
{
    static const char before[] = "hung: the poll of ";
    static const char after[] = " does not return\n";
    ssize_t n = 0;

    if (polled[0] != '\0') {
        n += write(STDERR_FILENO, before, sizeof before - 1);
        n += write(STDERR_FILENO, polled, strlen(polled));
        n += write(STDERR_FILENO, after, sizeof after - 1);
    }
    (void)n; /* nobody can be told */
    signal(number, SIG_DFL);
    raise(number);
}

__attribute__((constructor)) static void witness_start(void)
{
    const char *name = getenv("LAB_LOG");

    if (name == NULL)
        return;
    file = fopen(name, "w");
    signal(SIGXCPU, say_who);
    trace_listen((1U << EVENT_KINDS) - 1, witness_event);
}
