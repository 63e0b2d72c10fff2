#include "view/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void words_add(struct words *words, const char *format, ...)
{
    size_t room = sizeof words->text - words->length;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(words->text + words->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->length += (size_t)length < room ? (size_t)length : room - 1;
}

void words_print(const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof text)
        length = sizeof text - 1;
    if (length > 0)
        print_all(STDERR_FILENO, text, (size_t)length);
}

struct words words_of_actor(const struct actor *actor)
{
    struct words words = {.length = 0};

    if (actor->kind != NULL)
        words_add(&words, actor->number == 0 ? "%.40s" : "%.40s %ld", actor->kind,
                  actor->number);
    return words;
}

bool same_actor(const struct actor *one, const struct actor *other)
{
    return one->kind != NULL && other->kind != NULL && one->number == other->number &&
           strcmp(one->kind, other->kind) == 0;
}

struct words words_of_number(uint64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    struct words words = {.length = 0};

    for (int i = 0; i < length; i++)
        words_add(&words, (length - i) % 3 == 0 && i > 0 ? ",%c" : "%c", digits[i]);
    return words;
}

enum role role_of(enum event_kind kind)
{
    if (kind < FUTURE_READY)
        return EXEC;
    if (kind < REACTOR_WATCH)
        return FUTURE;
    return kind < OS_START ? REACTOR : OS;
}

const char *role_name(enum role role)
{
    static const char *const names[] = {"EXEC", "FUTURE", "REACTOR", "OS"};

    return names[role];
}

bool tells_queue_length(enum event_kind kind)
{
    return kind == EXEC_TURN || kind == EXEC_SPAWN || kind == EXEC_WAKE ||
           kind == EXEC_POLL;
}

const char *call_to_sleep(const char *how)
{
    static const char sleeps[] = "sleeps in ";

    return strncmp(how, sleeps, strlen(sleeps)) == 0 ? how + strlen(sleeps) : NULL;
}
