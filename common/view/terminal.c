#include "view/terminal.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

enum emphasis terminal_emphasis(void)
{
    const char *term = getenv("TERM");

    if (!isatty(STDERR_FILENO) || is_empty(term) || strcmp(term, "dumb") == 0 ||
        !is_empty(getenv("NO_COLOR")))
        return PLAIN;
    bool has_256 = strstr(term, "256color") != NULL || !is_empty(getenv("COLORTERM"));
    return has_256 ? COLOURS : BOLD;
}

/* Of the locale we take only this: numbers stay as C has them. */
bool terminal_has_utf8(void)
{
    static enum { NOT_ASKED, NO, YES } answer;

    if (answer == NOT_ASKED) {
        setlocale(LC_CTYPE, "");
        answer = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? YES : NO;
    }
    return answer == YES;
}

int terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

int terminal_height(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return INT_MAX;
    return size.ws_row;
}
