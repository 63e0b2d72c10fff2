/* Keys from the terminal, one at a time. */
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

/* Returns the next key, without Enter after it and without an echo; '\0' if a signal came
 * instead, and did not end the program; Ctrl-D if there is no more. The terminal
 * is left as it was, unless Ctrl-Z stops us meanwhile. */
char read_key(int terminal);

enum { CTRL_D = 4 };

#endif
