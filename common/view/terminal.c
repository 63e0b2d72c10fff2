#include "view/terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

bool terminal_has_colour(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && !is_empty(term) && strcmp(term, "dumb") != 0 &&
           is_empty(getenv("NO_COLOR"));
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
