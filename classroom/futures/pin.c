/* Why a future must stay where it is after its first poll: it may point into itself, and
 * then a copy points into the original. (Test {a, b}, Pin) */
#include "core/core.h"
#include "lesson.h"

#include <stdio.h>

struct test {
    struct future future;
    enum { BEGINNING, WAITING } state;
    char a[16];
    const char *b; /* points to a, from the first poll on */
};

/* Shortcut: it leaves no waker, for main polls it anyway. */
static enum poll_result test_poll(struct future *future, struct context *cx)
{
    struct test *self = container_of(future, struct test, future);

    (void)cx;
    if (self->state == BEGINNING) {
        self->b = self->a;
        self->state = WAITING;
        return PENDING;
    }
    say_untimed("the second poll reads \"%s\" through b; its own a is \"%s\"", self->b,
                self->a);
    return READY;
}

static void set_text(struct test *test, const char *text)
{
    snprintf(test->a, sizeof test->a, "%s", text);
}

static const char *where_b_points(const struct test *test)
{
    if (test->b == NULL)
        return "nowhere yet";
    return test->b == test->a ? "its own a" : "the a of the other";
}

static void show(const char *name, const struct test *test)
{
    say_untimed("%-8s  a is at %p: \"%s\"; b is %p: %s", name, (const void *)test->a,
                test->a, (const void *)test->b, where_b_points(test));
}

int main(int argc, char **argv)
{
    struct test original = {.future = {test_poll, NULL}};
    struct context cx = {.waker = {0}};

    lesson_without_tasks("pin", "", &argc, argv);
    set_text(&original, "text");

    part("copied before the first poll, and then polled: all is well");
    struct test copy = original;
    show("original", &original);
    future_poll(&copy.future, &cx);
    show("copy", &copy);
    future_poll(&copy.future, &cx);

    part("polled for the first time, and then copied");
    future_poll(&original.future, &cx);
    copy = original;
    set_text(&original, "changed");
    show("original", &original);
    show("copy", &copy);
    future_poll(&copy.future, &cx);

    say_untimed(
        "so: copy a future until its first poll, and leave it where it is after that");
    return 0;
}
