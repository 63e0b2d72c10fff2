/* What the terminal at stderr can show. */
#ifndef VIEW_TERMINAL_H
#define VIEW_TERMINAL_H

#include <stdbool.h>

/* Anything but plain only where stderr is a terminal, TERM is not dumb, and NO_COLOR is
 * unset or empty. Of the 16 colours that each has, none can be read on white and on black
 * alike, so without xterm's 256 there is bold, and no colour. */
enum emphasis { PLAIN, BOLD, COLOURS };
enum emphasis terminal_emphasis(void);

/* Whether the locale says UTF-8: if not, we keep to ASCII. First before there is a second
 * thread. */
bool terminal_has_utf8(void);

/* In columns; 80 if stderr is no terminal. */
int terminal_width(void);

/* In rows; INT_MAX if stderr is no terminal, or does not say. */
int terminal_height(void);

#endif
