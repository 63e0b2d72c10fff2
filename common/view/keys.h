/* Keys from the terminal, one at a time. */
#ifndef VIEW_KEYS_H
#define VIEW_KEYS_H

enum { CTRL_D = 4, CTRL_L = 12 };

/* Returns the next key, without Enter after it and without an echo; Ctrl-D if there is no
 * more. A signal comes instead: '\0' if it did not end the program; Ctrl-L, please draw
 * it again, if it stopped the program for a while. The terminal is as it was, also while
 * the program is stopped. */
char read_key(int terminal);

#endif
