#include "view/keys.h"

#include "base/base.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* The signals that would end or stop us, and leave the terminal without echo. */
enum { SIGNALS = 5 };
static const int signals[SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT};
static struct sigaction before[SIGNALS];

/* The handler writes the signal's number, so none slips through between a look at it and
 * the wait for a key. */
static int signal_pipe[2];

static void note_signal(int number)
{
    int saved_errno = errno;
    char byte = (char)number;

    if (write(signal_pipe[1], &byte, 1) < 0)
        (void)byte; /* it is full of signals */
    errno = saved_errno;
}

static void make_pipe(void)
{
    if (signal_pipe[1] != 0)
        return;
    if (pipe(signal_pipe) != 0)
        fail("cannot make a pipe: %s; raise ulimit -n", strerror(errno));
    set_nonblocking(signal_pipe[0]);
    set_nonblocking(signal_pipe[1]);
}

static void catch_signals(void)
{
    struct sigaction note = {.sa_handler = note_signal, .sa_flags = SA_RESTART};

    make_pipe();
    sigemptyset(&note.sa_mask);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], &note, &before[i]);
        if (before[i].sa_handler == SIG_IGN)
            sigaction(signals[i], &before[i], NULL);
    }
}

static void leave_signals(void)
{
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
}

/* Until the next key, or one of these signals; returns its number, or 0. */
static int wait_for_key(int terminal, char *key)
{
    struct pollfd sources[] = {{terminal, POLLIN, 0}, {signal_pipe[0], POLLIN, 0}};
    char number;

    while (poll(sources, 2, -1) < 0 && errno == EINTR)
        ; /* other signals, such as SIGWINCH, do not count */
    if (read(signal_pipe[0], &number, 1) == 1)
        return number;
    if (read(terminal, key, 1) < 1)
        *key = CTRL_D;
    return 0;
}

char read_key(int terminal)
{
    struct termios usual;
    char key = CTRL_D;

    if (tcgetattr(terminal, &usual) != 0)
        return CTRL_D;
    struct termios raw = usual;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    catch_signals();
    tcsetattr(terminal, TCSANOW, &raw);
    int number = wait_for_key(terminal, &key);
    tcsetattr(terminal, TCSANOW, &usual);
    leave_signals();
    if (number == 0)
        return key;
    raise(number); /* SIGTSTP: here we are stopped */
    return number == SIGTSTP || number == SIGCONT ? CTRL_L : '\0';
}
