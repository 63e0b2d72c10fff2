/* What the terminal at stderr can show. */
#ifndef VIEW_TERMINAL_H
#define VIEW_TERMINAL_H

#include <stdbool.h>

/* Only where stderr is a terminal, TERM is not dumb, and NO_COLOR is unset or empty. */
bool terminal_has_colour(void);

/* Whether the locale says UTF-8: if not, we keep to ASCII. First before there is a second
 * thread. */
bool terminal_has_utf8(void);

/* In columns; 80 if stderr is no terminal. */
int terminal_width(void);

#endif
