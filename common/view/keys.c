#include "view/keys.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

/* The signals that would end us, and leave the terminal without echo. */
enum { SIGNALS = 4 };
static const int signals[SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static volatile sig_atomic_t signal_seen;

static void note_signal(int number)
{
    signal_seen = number;
}

/* Until the next key. The signals are blocked but in pselect, so none slips through
 * between a look at signal_seen and the wait. */
static char wait_for_key(int terminal)
{
    sigset_t blocked;
    sigset_t unblocked;
    fd_set keys;
    char key = CTRL_D;

    sigemptyset(&blocked);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&blocked, signals[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, &unblocked);
    FD_ZERO(&keys);
    FD_SET((size_t)terminal, &keys);
    while (signal_seen == 0 &&
           pselect(terminal + 1, &keys, NULL, NULL, NULL, &unblocked) < 0 &&
           errno == EINTR)
        FD_SET((size_t)terminal,
               &keys); /* other signals, such as SIGWINCH, do not count */
    if (signal_seen != 0 || read(terminal, &key, 1) < 0)
        key = '\0';
    pthread_sigmask(SIG_SETMASK, &unblocked, NULL);
    return key;
}

char read_key(int terminal)
{
    struct sigaction note = {.sa_handler = note_signal};
    struct sigaction before[SIGNALS];
    struct termios usual;

    if (tcgetattr(terminal, &usual) != 0)
        return CTRL_D;
    struct termios raw = usual;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    signal_seen = 0;
    sigemptyset(&note.sa_mask);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &note, &before[i]);
    tcsetattr(terminal, TCSANOW, &raw);
    char key = wait_for_key(terminal);
    tcsetattr(terminal, TCSANOW, &usual);
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    if (signal_seen != 0)
        raise(signal_seen);
    return key;
}
