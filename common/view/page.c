#include "view/page.h"

#include "view/text.h"
#include "view/words.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Made of replay.html, replay.css and replay.js by make. It ends where the run begins. */
extern const unsigned char replay_page[];
extern const size_t replay_page_length;

enum { PATH = 4096 };
static FILE *page;

/* ---- JSON, in which nothing can end the script that it stands in ---- */

static bool is_line_separator(const char *text)
{
    return strncmp(text, "\xe2\x80\xa8", 3) == 0 || strncmp(text, "\xe2\x80\xa9", 3) == 0;
}

static void put_byte(unsigned char byte)
{
    if (byte < ' ' || strchr("\"\\<>&\x7f", byte) != NULL)
        fprintf(page, "\\u%04x", byte);
    else
        putc(byte, page);
}

static void put_string(const char *text)
{
    putc('"', page);
    while (*text != '\0')
        if (is_line_separator(text)) {
            fprintf(page, "\\u20%02x", (unsigned char)text[2] - 0x80);
            text += 3;
        } else
            put_byte((unsigned char)*text++);
    putc('"', page);
}

static void put_member(const char *name, const char *value)
{
    fprintf(page, "\"%s\":", name);
    put_string(value);
    fputs(",\n", page);
}

static void put_element(const char *value)
{
    putc(',', page);
    put_string(value);
}

/* ---- events ---- */

static struct words sentence_of(const struct event *event)
{
    struct words words = {.length = 0};

    if (event->kind != EXEC_WASTED || event->actor.kind != NULL)
        return words_of_event(event);
    if (event->number == 0)
        words_add(&words, "%s turn%s in which nobody can run",
                  words_of_number((uint64_t)event->fd).text, event->fd == 1 ? "" : "s");
    else
        words_add(&words, "%s poll%s in vain: nothing has changed",
                  words_of_number((uint64_t)event->number).text,
                  event->number == 1 ? "" : "s");
    return words;
}

/* In the order that replay.js expects. */
static void put_event(const struct event *event)
{
    fprintf(page, "[%d,%" PRId64 ",%d,%" PRId64, event->kind, event->time, event->fd,
            event->number);
    put_element(words_of_actor(&event->actor).text);
    put_element(words_of_actor(&event->other).text);
    put_element(event->word != NULL ? event->word : "");
    put_element(event->where != NULL ? event->where : "");
    put_element(sentence_of(event).text);
    putc(']', page);
}

static void put_events(const struct recording *recording)
{
    fputs("\"events\":[", page);
    for (size_t i = 0; i < recording->steps; i++) {
        fputs(i == 0 ? "\n" : ",\n", page);
        put_event(recording->step(i));
    }
    fputs("],\n", page);
}

/* ---- the sources that caused them ---- */

/* Of this program; empty if the system does not tell. */
static void find_program(const struct views *views, char path[PATH])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH - 1);

    path[length < 0 ? 0 : length] = '\0';
    if (length < 0 && views->path != NULL && strchr(views->path, '/') != NULL)
        snprintf(path, PATH, "%s", views->path);
}

/* Where the program is, or up to two folders above, or where we are. */
static FILE *open_source(const char *program, const char *name)
{
    static const char *const above[] = {"", "../", "../../"};
    const char *slash = strrchr(program, '/');
    char path[2 * PATH];
    FILE *file = NULL;

    for (int i = 0; i < 3 && file == NULL && slash != NULL; i++) {
        snprintf(path, sizeof path, "%.*s/%s%s", (int)(slash - program), program,
                 above[i], name);
        file = fopen(path, "r");
    }
    return file != NULL ? file : fopen(name, "r");
}

/* A file that is newer than the program is not what was compiled. */
static bool is_older(FILE *file, const char *program)
{
    struct stat source, compiled;

    return fstat(fileno(file), &source) == 0 && stat(program, &compiled) == 0 &&
           source.st_mtime <= compiled.st_mtime;
}

/* Its text; or why not, a number. */
static void put_source(const char *program, const char *name)
{
    enum { NOT_FOUND, CHANGED };
    FILE *file = open_source(program, name);
    int c;

    fputs(":", page);
    if (file == NULL || !is_older(file, program)) {
        fprintf(page, "%d", file == NULL ? NOT_FOUND : CHANGED);
    } else {
        putc('"', page);
        while ((c = getc(file)) != EOF)
            if (c != '\0')
                put_byte((unsigned char)c);
        putc('"', page);
    }
    if (file != NULL)
        fclose(file);
}

/* "common/core/io.c" of "common/core/io.c:53"; false: none, or it is in `names`. */
static bool is_new_name(const char *where, char (*names)[256], int count)
{
    const char *colon = where != NULL ? strrchr(where, ':') : NULL;

    if (colon == NULL)
        return false;
    snprintf(names[count], sizeof names[count], "%.*s", (int)(colon - where), where);
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], names[count]) == 0)
            return false;
    return true;
}

static void put_sources(const struct recording *recording)
{
    enum { MOST = 64 };
    static char names[MOST + 1][256];
    static char program[PATH];
    int count = 0;

    find_program(recording->views, program);
    fputs("\"sources\":{", page);
    for (size_t i = 0; i < recording->steps && count < MOST; i++) {
        if (!is_new_name(recording->step(i)->where, names, count))
            continue;
        fputs(count == 0 ? "\n" : ",\n", page);
        put_string(names[count]);
        put_source(program, names[count]);
        count++;
    }
    fputs("}}\n", page);
}

/* ---- the page ---- */

static void put_page(const struct recording *recording)
{
    const struct views *views = recording->views;

    fwrite(replay_page, 1, replay_page_length, page);
    fputs("{", page);
    put_member("name", views->name);
    put_member("how", views->how);
    put_member("mode", views->only_serves ? "serve" : views->only_asks ? "client" : "");
    fprintf(page, "\"has_tasks\":%s,\n\"gap\":%zu,\"left_out\":%" PRIu64 ",\n",
            views->tables != NULL ? "true" : "false", recording->gap,
            recording->left_out);
    fprintf(page, "\"errors\":{\"EAGAIN\":%d,\"EINPROGRESS\":%d},\n", EAGAIN,
            EINPROGRESS);
    put_events(recording);
    put_sources(recording);
    fputs("</script>\n</body>\n</html>\n", page);
}

/* Where it is written first, to be renamed. What is there and is no ordinary file, such
 * as a device or a link, keeps its place, and is written to. */
static void find_place(const char *name, char place[PATH])
{
    struct stat file;
    bool keeps_place = lstat(name, &file) == 0 && !S_ISREG(file.st_mode);

    if (snprintf(place, PATH, "%s%s", name, keeps_place ? "" : ".tmp") >= PATH)
        fail("cannot make %s: its name is too long", name);
}

void page_try(const char *name)
{
    char place[PATH];

    find_place(name, place);
    FILE *file = fopen(place, "a");
    if (file == NULL || fclose(file) != 0)
        fail("cannot make %s: %s; give --replay a file that can be written", name,
             strerror(errno));
    if (strcmp(place, name) != 0)
        remove(place);
}

bool page_write(const char *name, const struct recording *recording)
{
    char place[PATH];

    find_place(name, place);
    page = fopen(place, "w");
    bool failed = page == NULL;
    if (!failed) {
        put_page(recording);
        failed = ferror(page) != 0;
        failed = fclose(page) != 0 || failed;
    }
    if (!failed && strcmp(place, name) != 0)
        failed = rename(place, name) != 0;
    int error = errno;
    if (failed && strcmp(place, name) != 0)
        remove(place);
    errno = error;
    return !failed;
}
