#include "view/terminal.h"

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

bool terminal_has_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    static const char *locale; /* NULL: not yet asked for */

    for (int i = 0; i < 3 && is_empty(locale); i++)
        locale = getenv(names[i]);
    if (locale == NULL)
        locale = "C";
    return strstr(locale, "UTF-8") != NULL || strstr(locale, "utf8") != NULL;
}

int terminal_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}
