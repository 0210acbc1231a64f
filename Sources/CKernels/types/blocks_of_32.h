// q8_0, q4_0, q4_1, q5_0 and q5_1: an f16 scale, an f16 minimum in those that end in _1, 32 fifth
// bits in those that begin with q5, then bytes or nibbles.
#ifndef BLOCKS_OF_32_H
#define BLOCKS_OF_32_H

#include "blocks.h"

static inline void set_factors(int scale, int minimum, split_block *out) {
    for (int half = 0; half < 2; half++) {
        out->scales[half] = (int8_t)scale;
        out->minima[half] = (int8_t)minimum;
    }
}

// Numbers 0 to 15 are the lower nibbles of 16 bytes, 16 to 31 the upper ones; `zero` stands for 0.
static inline void split_nibbles(const uint8_t *nibbles, int zero, split_block *out) {
    for (int i = 0; i < 16; i++) {
        out->quants[i] = (int8_t)((nibbles[i] & 15) - zero);
        out->quants[i + 16] = (int8_t)((nibbles[i] >> 4) - zero);
    }
}

// Bit i of 32 belongs to number i.
static inline void add_fifth_bits(const uint8_t *bits, split_block *out) {
    uint32_t all;
    memcpy(&all, bits, sizeof all);
    for (int i = 0; i < 32; i++)
        out->quants[i] = (int8_t)(out->quants[i] + (int)((all >> i & 1) << 4));
}

SPLIT split_q8_0(const uint8_t *stored, int b, split_block *out) {
    (void)b;
    memcpy(out->quants, stored + 2, 32);
    set_factors(1, 0, out);
}

SPLIT split_q4_0(const uint8_t *stored, int b, split_block *out) {
    (void)b;
    split_nibbles(stored + 2, 8, out);
    set_factors(1, 0, out);
}

SPLIT split_q4_1(const uint8_t *stored, int b, split_block *out) {
    (void)b;
    split_nibbles(stored + 4, 0, out);
    set_factors(1, 1, out);
}

SPLIT split_q5_0(const uint8_t *stored, int b, split_block *out) {
    (void)b;
    split_nibbles(stored + 6, 16, out);
    add_fifth_bits(stored + 2, out);
    set_factors(1, 0, out);
}

SPLIT split_q5_1(const uint8_t *stored, int b, split_block *out) {
    (void)b;
    split_nibbles(stored + 8, 0, out);
    add_fifth_bits(stored + 4, out);
    set_factors(1, 1, out);
}

// MARK: from floats

static inline void encode_q8_0(const float *x, uint8_t *target) {
    float scale = largest_magnitude(x) / 127, inverse = inverse_of(scale);
    put_half(scale, target);
    for (int i = 0; i < 32; i++) target[2 + i] = (uint8_t)rounded_away(x[i] * inverse, -127, 127);
}

// The number of largest magnitude becomes -8, so that the scale may be negative. Others are rounded
// by adding 1/2 and dropping the fraction.
static inline void encode_q4_0(const float *x, uint8_t *target) {
    const float largest = largest_magnitude(x);
    int first = 0;
    while (first < 31 && fabsf(x[first]) != largest) first++;
    float scale = (largest > 0 ? x[first] : 0) / -8, inverse = inverse_of(scale);
    put_half(scale, target);
    uint8_t q[32];
    for (int i = 0; i < 32; i++) {
        float value = x[i] * inverse + 8.5f;
        value = value >= 0 ? value : 0;
        q[i] = (uint8_t)(int)(value <= 15 ? value : 15);
    }
    for (int i = 0; i < 16; i++) target[2 + i] = (uint8_t)(q[i] | q[i + 16] << 4);
}

#endif
