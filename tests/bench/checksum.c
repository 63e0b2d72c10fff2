#include "checksum.h"

#include <string.h>

/* Returns what is left: less than a word. */
static size_t add_words(struct checksum *self, const char *bytes, size_t length)
{
    uint64_t sum = self->sum;
    uint64_t sum_of_sums = self->sum_of_sums;
    uint64_t word;

    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        sum += word;
        sum_of_sums += sum;
    }
    self->sum = sum;
    self->sum_of_sums = sum_of_sums;
    return length;
}

void checksum_add(struct checksum *self, const char *bytes, size_t length)
{
    const char *end = bytes + length;

    while (bytes < end) {
        if (self->held == 0)
            bytes = end - add_words(self, bytes, (size_t)(end - bytes));
        if (bytes < end)
            self->word[self->held++] = (unsigned char)*bytes++;
        if (self->held == sizeof self->word)
            self->held = add_words(self, (char *)self->word, sizeof self->word);
    }
}

bool checksum_equal(const struct checksum *one, const struct checksum *other)
{
    return one->sum == other->sum && one->sum_of_sums == other->sum_of_sums &&
           one->held == other->held && memcmp(one->word, other->word, one->held) == 0;
}
