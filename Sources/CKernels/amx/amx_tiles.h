// AMX's tile registers: sums of 32 inputs by the 32 rows of a band in f32, products of bf16.
//
// There are eight registers of 16 rows of 64 bytes. Four are accumulators; the others hold the
// operands of one step, 32 columns of two groups of 16 inputs and of both halves of a band's rows:
//
//                                  weights, rows 0 to 15   rows 16 to 31
//                                        register 6         register 7
//   inputs, first group    register 4   accumulator 0      accumulator 1
//           second group   register 5   accumulator 2      accumulator 3
//
// A number of more than 8 bits of significand is the sum of parts in bf16, an upper and a lower
// one. Three of the four products of two such numbers are summed: without the product of the lower
// parts, relative errors stay below 2^-16.
#ifndef AMX_TILES_H
#define AMX_TILES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "ck_matrix.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    STEP_COLUMNS = 32,
    TILE_ROWS = 16,  // of a register, 64 bytes each
    TILE_BYTES = 64 * TILE_ROWS,
    STEP_BYTES = 2 * TILE_BYTES,  // a step's weights of both halves
};

// Parts of a number.
enum { ROUNDED = 1, SPLIT = 2 };

// f16 has 11 bits of significand. Inputs of float layouts are split, those of integer layouts,
// whose weights are less exact, are rounded.
INLINE int weight_parts(const ck_layout layout) {
    return layout == CK_LAYOUT_F16 ? SPLIT : ROUNDED;
}
INLINE int input_parts(const ck_layout layout) { return ck_is_float(layout) ? SPLIT : ROUNDED; }

// A panel holds the unpacked weights of panel_steps steps of one band. It takes two thirds of the
// first-level cache. Inputs stream past it: with plain loads they would push it out, which costs a
// third of the speed.
enum { PANEL_BYTES = 32 << 10 };
INLINE int panel_steps(const ck_layout layout) {
    return PANEL_BYTES / (STEP_BYTES * (ck_is_float(layout) ? 2 : 1));
}

// MARK: parts of floats

// The first `count` of 16 lanes: none below 1, all from 16 on.
INLINE __mmask16 first_lanes(long count) {
    return count >= 16 ? 0xffff : count > 0 ? (__mmask16)((1u << count) - 1) : 0;
}

// 16 floats from x[i] on, zeros from `columns` on.
INLINE __m512 load_inputs(const float *x, long i, long columns) {
    return _mm512_maskz_loadu_ps(first_lanes(columns - i), x + i);
}

// The upper halves of two vectors of f32 as pairs of bf16, a first.
INLINE __m512i pairs_of(__m512 a, __m512 b) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    return _mm512_ternarylogic_epi32((__m512i)b, upper, _mm512_srli_epi32((__m512i)a, 16), 0xea);
}

// The remainders of a vector's numbers without their upper halves.
INLINE __m512 rest_of(__m512 a) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    return _mm512_sub_ps(a, (__m512)_mm512_and_si512((__m512i)a, upper));
}

// The remainders of a vector's numbers minus the numbers rounded to bf16.
INLINE __m512 without_bf16(__m512 x) {
    __m512i halves = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
    return _mm512_sub_ps(x, (__m512)_mm512_slli_epi32(halves, 16));
}

// MARK: registers

// The intrinsics take the number of a register as a literal. These functions take it as an argument
// that is a constant once they are inlined.

INLINE void load_tile(const int tile, const void *from, const long stride) {
    switch (tile) {
    case 0: _tile_loadd(0, from, stride); break;
    case 1: _tile_loadd(1, from, stride); break;
    case 2: _tile_loadd(2, from, stride); break;
    case 3: _tile_loadd(3, from, stride); break;
    case 6: _tile_loadd(6, from, stride); break;
    case 7: _tile_loadd(7, from, stride); break;
    }
}

// Loads inputs, which bypass the first-level cache.
INLINE void stream_tile(const int tile, const void *from) {
    switch (tile) {
    case 4: _tile_stream_loadd(4, from, 64); break;
    case 5: _tile_stream_loadd(5, from, 64); break;
    }
}

INLINE void zero_tile(const int accumulator) {
    switch (accumulator) {
    case 0: _tile_zero(0); break;
    case 1: _tile_zero(1); break;
    case 2: _tile_zero(2); break;
    case 3: _tile_zero(3); break;
    }
}

INLINE void store_tile(const int accumulator, void *to, const long stride) {
    switch (accumulator) {
    case 0: _tile_stored(0, to, stride); break;
    case 1: _tile_stored(1, to, stride); break;
    case 2: _tile_stored(2, to, stride); break;
    case 3: _tile_stored(3, to, stride); break;
    }
}

INLINE void multiply_tile(const int accumulator) {
    switch (accumulator) {
    case 0: _tile_dpbf16ps(0, 4, 6); break;
    case 1: _tile_dpbf16ps(1, 4, 7); break;
    case 2: _tile_dpbf16ps(2, 5, 6); break;
    case 3: _tile_dpbf16ps(3, 5, 7); break;
    }
}

static void configure_tiles(void) {
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t row_bytes[16];
        uint8_t rows[16];
    } tiles = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        tiles.row_bytes[i] = 64;
        tiles.rows[i] = TILE_ROWS;
    }
    _tile_loadconfig(&tiles);
}

// MARK: accumulators

// Where an accumulator's part of sums [2 groups of 16][CK_BAND] is.
INLINE float *accumulator_at(const int accumulator, float *sums) {
    return sums + accumulator / 2 * TILE_ROWS * CK_BAND + accumulator % 2 * 16;
}

enum { SUMS_STRIDE = 4 * CK_BAND };

// Loads the accumulators of both groups.
INLINE void load_sums(float *sums) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) load_tile(i, accumulator_at(i, sums), SUMS_STRIDE);
}

INLINE void store_sums(const int groups, float *sums) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 2 * groups; i++) store_tile(i, accumulator_at(i, sums), SUMS_STRIDE);
}

INLINE void zero_sums(void) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) zero_tile(i);
}

// MARK: steps

// Instructions between two tile instructions, so that a core, which issues six a cycle, does not
// issue both in the same cycle. On a host where something else slows tile instructions down
// (docs/performance.md), a product takes 35 cycles when they are adjacent, and 20 with seven other
// instructions between them. At other times these cost nothing.
enum { BETWEEN_TILES = 8 };
INLINE void idle(const int instructions) {
    __asm__ volatile(".rept %c0\n\tnop\n\t.endr" : : "i"(instructions));
}

// a: the first group's inputs of a step; next: bytes to the second group's.
INLINE void load_step_inputs(const int groups, const char *a, long next) {
    stream_tile(4, a);
    idle(BETWEEN_TILES);
    if (groups == 1) return;
    stream_tile(5, a + next);
    idle(BETWEEN_TILES);
}

INLINE void load_step_weights(const uint8_t *b) {
    load_tile(6, b, 64);
    idle(BETWEEN_TILES);
    load_tile(7, b + TILE_BYTES, 64);
    idle(BETWEEN_TILES);
}

// Adds the products of the loaded operands.
INLINE void multiply_operands(const int groups) {
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        if (i / 2 < groups) multiply_tile(i);
        idle(BETWEEN_TILES);
    }
}

// Does one step of one or two groups of inputs except for its last products, whose operands it only
// loads.
//   in, weight   parts of an input and of a weight
//   a, next      as above; the parts of a step follow each other
//   b            the step's weights, one part after the other
INLINE void begin_step(const int in, const int weight, const int groups, const char *a, long next,
                       const uint8_t *b) {
    load_step_inputs(groups, a, next);
    if (weight == SPLIT) {
        load_step_weights(b + STEP_BYTES);
        multiply_operands(groups);
    }
    load_step_weights(b);
    if (in == SPLIT) {
        multiply_operands(groups);
        load_step_inputs(groups, a + TILE_BYTES, next);
    }
}

INLINE void add_step(const int in, const int weight, const int groups, const char *a, long next,
                     const uint8_t *b) {
    begin_step(in, weight, groups, a, next, b);
    multiply_operands(groups);
}

#endif
