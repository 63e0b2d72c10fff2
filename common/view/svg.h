/* The picture of --timeline as an SVG: in one piece, for light and for dark pages. */
#ifndef VIEW_SVG_H
#define VIEW_SVG_H

#include <stdbool.h>

/* Whether the file can be made is tried early; what is in it stays until svg_write. Exits
 * 1 if not. */
void svg_try(const char *name);

/* Returns whether all was written; says so if not. */
bool svg_write(const char *name);

#endif
