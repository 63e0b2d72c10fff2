/* The file of --trace: an array of JSON records, whose end may be missing. So whatever
 * ends the program, what was written opens. */
#ifndef VIEW_RECORDS_H
#define VIEW_RECORDS_H

#include <stdbool.h>

/* Exits 1 if the file cannot be made. */
void records_open(const char *name);

/* Begins the next record; what is added to it is cut off after 4,000 bytes. */
void records_next(void);
void records_add(const char *format, ...) __attribute__((format(printf, 1, 2)));
void records_add_string(const char *text); /* in quotation marks, with escapes */

/* Writes all that there is: for before a long wait. */
void records_flush(void);

/* Returns whether all was written; says so if not. Once: else it does nothing. */
bool records_close(void);

#endif
