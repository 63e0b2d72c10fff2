/* A future that outlives the function that made it must hold what it needs: a pointer to
 * a local of that function points to memory that others use by then. `move faulty` reads
 * there nevertheless; AddressSanitizer reports it. (bad, good, borrow_x, async move) */
#include "core/core.h"
#include "lesson.h"

#include <string.h>

/* So that each call has a frame of its own on the stack. */
#define NOT_INLINE __attribute__((noinline))

struct borrow_x {
    struct future future;
    const int *x;
    uintptr_t address; /* of x as a number, which we may look at later */
};

static enum poll_result borrow_x_poll(struct future *future, struct context *cx)
{
    struct borrow_x *self = container_of(future, struct borrow_x, future);

    (void)cx;
    say_untimed("the future of bad() reads x: %d", *self->x);
    return READY;
}

static NOT_INLINE struct borrow_x borrow_x(const int *x)
{
    return (struct borrow_x){{borrow_x_poll, NULL}, x, (uintptr_t)x};
}

static NOT_INLINE struct borrow_x bad(int value)
{
    int x = value;

    return borrow_x(&x); /* x ends here, and the pointer does not */
}

/* The cure: the value moves into the future, and lives as long as that. */
struct own_x {
    struct future future;
    int x;
};

static enum poll_result own_x_poll(struct future *future, struct context *cx)
{
    struct own_x *self = container_of(future, struct own_x, future);

    (void)cx;
    say_untimed("the future of good() reads x: %d, at %p, inside of the future", self->x,
                (void *)&self->x);
    return READY;
}

static NOT_INLINE struct own_x good(int value)
{
    int x = value;

    return (struct own_x){{own_x_poll, NULL}, x};
}

int main(int argc, char **argv)
{
    lesson_start("move", "[faulty]", &argc, argv);
    bool faulty = argc > 1 && strcmp(argv[1], "faulty") == 0;
    if (argc > 1 && !faulty) {
        message("the only argument is faulty, not '%s'", argv[1]);
        return 2;
    }
    struct borrow_x first = bad(5);
    struct borrow_x second = bad(6);

    say_untimed("bad(5) had its x at %#jx, and is over; its future keeps that address",
                (uintmax_t)first.address);
    say_untimed("bad(6) had its x at %#jx: %s", (uintmax_t)second.address,
                first.address == second.address
                    ? "the same memory, another x"
                    : "elsewhere; a sanitizer keeps them apart");
    if (faulty)
        block_on(&first.future);

    struct own_x moved = good(5);
    good(6); /* uses the memory where good(5) had its x */
    block_on(&moved.future);
    return 0;
}
