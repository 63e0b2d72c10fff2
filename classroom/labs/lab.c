#include "lab.h"

#include "view/view.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PEER = 3 }; /* the descriptor on which the peer listens: see peer.c */

static struct views views;

static unsigned roles_of(const char *text)
{
    static const char *const names[] = {"exec", "future", "reactor", "os"};
    unsigned roles = 0;

    for (int i = 0; i < 4; i++)
        if (strstr(text, names[i]) != NULL)
            roles |= 1U << i;
    return roles;
}

/* Returns whether it is an option of ours. */
static bool take_option(const char *word)
{
    if (strcmp(word, "--explain") == 0)
        views.explain = ALL_ROLES;
    else if (strncmp(word, "--explain=", 10) == 0)
        views.explain = roles_of(word + 10);
    else if (strcmp(word, "--step") == 0)
        views.step = true;
    else if (strncmp(word, "--trace=", 8) == 0)
        views.trace_file = word + 8;
    else if (strncmp(word, "--replay=", 9) == 0)
        views.replay_file = word + 9;
    else
        return false;
    return true;
}

void lab_start(const char *name, int *argc, char **argv)
{
    static const struct tables tables = {tasks_visit, timers_visit, reactor_visit,
                                         reactor_interrupt};
    int kept = 1;

    program_name = name;
    signal(SIGPIPE, SIG_IGN);
    views = (struct views){
        .name = name, .path = argv[0], .how = reactor_how, .tables = &tables};
    for (int i = 1; i < *argc; i++)
        if (!take_option(argv[i]))
            argv[kept++] = argv[i];
    argv[kept] = NULL;
    *argc = kept;
    reactor_init();
    views_start(&views);
}

int lab_end(void)
{
    bool all_written = views_end();

    message("polls: %" PRIu64 ", %" PRIu64 " of them wasted; waits: %" PRIu64,
            trace_count[EXEC_POLL], trace_count[EXEC_WASTED], trace_count[REACTOR_WAIT]);
    return all_written ? EXIT_SUCCESS : EXIT_FAILURE;
}

int64_t lab_number(int argc, char **argv, int place, int64_t usual, int64_t least,
                   int64_t most)
{
    if (place >= argc)
        return usual;
    char *end;
    int64_t number = strtoll(argv[place], &end, 10);
    if (end == argv[place] || *end != '\0' || number < least || number > most) {
        message("argument %d is a number from %" PRId64 " to %" PRId64 ", not '%s'",
                place, least, most, argv[place]);
        exit(2);
    }
    return number;
}

int lab_peer(void)
{
    if (getenv("LAB_PEER") == NULL)
        return -1;
    set_nonblocking(PEER);
    return PEER;
}
