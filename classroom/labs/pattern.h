/* Bytes that nobody guesses, for a program and its peer: number `place` of `seed`. */
#ifndef PATTERN_H
#define PATTERN_H

#include <stddef.h>
#include <stdint.h>

static inline char pattern_byte(uint32_t seed, size_t place)
{
    uint32_t mixed = (seed + (uint32_t)place) * UINT32_C(2654435761);

    return (char)(mixed >> 24);
}

#endif
