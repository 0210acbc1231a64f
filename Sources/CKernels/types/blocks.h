// What the conversion functions of CK_BLOCK_TYPES have in common.
#ifndef BLOCKS_H
#define BLOCKS_H

#include <math.h>

#include "half.h"

// 32 numbers of a row as whole numbers: w[i] = d scales[i / 16] quants[i] + m minima[i / 16], with
// d and m where the type's row says (no m: 0).
typedef struct {
    int8_t quants[32];
    int8_t scales[2], minima[2];
} split_block;

// A function split_NAME(stored, b, &block) takes the b-th 32 numbers of a stored block apart. It is
// inlined where numbers are decoded and where they are packed.
#define SPLIT static inline __attribute__((always_inline)) void

static inline void put_half(float x, uint8_t *target) {
    uint16_t bits = half_bits(x);
    memcpy(target, &bits, sizeof bits);
}

// Whole number nearest to x in [least, most], halves away from zero as roundf rounds them; `least`
// for NaN. The addend is the largest float below 1/2: 1/2 itself would turn 0.49999997 into 1.
static inline int rounded_away(float x, float least, float most) {
    x = x >= least ? x : least;
    x = x <= most ? x : most;
    return (int)(x + copysignf(0x1.fffffep-2f, x));
}

// The same with halves to the even neighbour.
static inline int rounded_to_even(float x, float least, float most) {
    x = x >= least ? x : least;
    x = x <= most ? x : most;
    return (int)lrintf(x);
}

// The largest magnitude of 32 floats: without their sign, the bits of floats are in the floats'
// order.
static inline float largest_magnitude(const float *x) {
    int32_t bits[32], largest = 0;
    memcpy(bits, x, sizeof bits);
    for (int i = 0; i < 32; i++) {
        int32_t magnitude = bits[i] & 0x7fffffff;
        largest = magnitude > largest ? magnitude : largest;
    }
    float result;
    memcpy(&result, &largest, sizeof result);
    return result;
}

// 1 / scale, or 0 when the block is so small (or so large) that its scale has no inverse.
static inline float inverse_of(float scale) { return isnormal(scale) ? 1 / scale : 0; }

#endif
