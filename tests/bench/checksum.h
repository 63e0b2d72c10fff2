/* A running checksum, after Fletcher: a sum of all that came, and a sum of these sums,
 * which depends on the order, too. */
#ifndef BENCH_CHECKSUM_H
#define BENCH_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: of no bytes. */
struct checksum {
    uint64_t sum;
    uint64_t sum_of_sums;
    unsigned char word[8]; /* bytes are summed up in words; this one is not yet whole */
    size_t held;           /* so many bytes of it */
};

/* However the bytes are cut into pieces, the checksum comes out the same. */
void checksum_add(struct checksum *self, const char *bytes, size_t length);

bool checksum_equal(const struct checksum *one, const struct checksum *other);

#endif
