#include "view/records.h"

#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A signal that kills us may cut a write in two, but only where one page of the file
 * ends. So no record crosses such a place, and each write is within one page. */
enum { PAGE = 4096 };
static struct buffer {
    char text[PAGE];
    size_t length;
} page, record;
static size_t written; /* so much of the page */

static const char *file_name; /* NULL: it is closed */
static int file;
static int error; /* errno of the first write that failed */

/* Not by print_all, which causes events: we are told of events. */
static void write_page(void)
{
    while (written < page.length) {
        ssize_t n = write(file, page.text + written, page.length - written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && error == 0)
            error = errno;
        written = n < 0 ? page.length : written + (size_t)n;
    }
}

static void put_record(void)
{
    if (page.length + record.length > PAGE) {
        memset(page.text + page.length, ' ', PAGE - page.length);
        page.length = PAGE;
        write_page();
        page.length = 0;
        written = 0;
    }
    memcpy(page.text + page.length, record.text, record.length);
    page.length += record.length;
    record.length = 0;
}

void records_next(void)
{
    put_record();
    records_add(",\n");
}

void records_add(const char *format, ...)
{
    size_t room = PAGE - record.length;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(record.text + record.length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        record.length += (size_t)length < room ? (size_t)length : room - 1;
}

static void add_byte(char byte)
{
    if (record.length < PAGE)
        record.text[record.length++] = byte;
}

void records_add_string(const char *text)
{
    add_byte('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            add_byte('\\');
        if ((unsigned char)*text < ' ')
            records_add("\\u%04x", (unsigned)*text);
        else
            add_byte(*text);
    }
    add_byte('"');
}

void records_flush(void)
{
    put_record();
    write_page();
}

void records_open(const char *name)
{
    file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        fail("cannot make %s: %s; give --trace a file that can be written", name,
             strerror(errno));
    file_name = name;
    records_add("[\n");
}

bool records_close(void)
{
    const char *name = file_name;

    if (name == NULL)
        return error == 0;
    file_name = NULL;
    put_record();
    records_add("\n]\n");
    records_flush();
    if (close(file) != 0 && error == 0)
        error = errno;
    if (error != 0)
        message("cannot write %s: %s; is the disk full?", name, strerror(error));
    return error == 0;
}
