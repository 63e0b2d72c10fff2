/* The picture of --timeline as an SVG: in one piece, for light and for dark pages. */
#ifndef VIEW_SVG_H
#define VIEW_SVG_H

#include <stdio.h>

void svg_draw(FILE *file);

#endif
