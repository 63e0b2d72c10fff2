#include "core/message.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

const char *program_name = "program";

/* One fputs for the whole line, so that the lines of several threads do not mix. */
static void print_line(const char *format, va_list arguments)
{
    char text[1000];
    char line[1100];

    vsnprintf(text, sizeof text, format, arguments);
    snprintf(line, sizeof line, "%s: %s\n", program_name, text);
    fputs(line, stderr);
}

void message(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
}

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    exit(EXIT_FAILURE);
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (memory == NULL)
        fail("out of memory for %zu more objects of %zu bytes; "
             "ask for less at once, or raise ulimit -v",
             count, size);
    return memory;
}

void *reallocate(void *old, size_t count, size_t size)
{
    void *memory = count > SIZE_MAX / size ? NULL : realloc(old, count * size);

    if (memory == NULL)
        fail("out of memory for %zu objects of %zu bytes; "
             "ask for less at once, or raise ulimit -v",
             count, size);
    return memory;
}
