// AMX's tile registers: sums of 32 inputs by 32 rows of weights in f32, products of bf16.
//
// Of float types, inputs and weights are split into upper and lower bf16, and of the four products of
// the parts three are summed: relative errors stay below 2^-16.
#ifndef AMX_TILES_H
#define AMX_TILES_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "ck_matrix.h"

#define INLINE static inline __attribute__((always_inline))

enum {
    STEP_COLUMNS = 32,
    TILE_ROWS = 16,                     // of a tile register, 64 bytes each
    TILE_BYTES = 64 * TILE_ROWS,
    STEP_BYTES = 2 * TILE_BYTES,        // both halves
};

// Parts of a weight: f16 has a lower one.
INLINE int weight_parts(const ck_matrix_type type) { return type == CK_F16 ? 2 : 1; }
INLINE int input_parts(const ck_matrix_type type) { return ck_is_float(type) ? 2 : 1; }

// A panel of weights takes two thirds of the first-level cache. Inputs stream past it: with plain loads
// they would push it out (a third of the speed).
enum { PANEL_BYTES = 32 << 10 };
INLINE int panel_steps(const ck_matrix_type type) {
    return PANEL_BYTES / (STEP_BYTES * (ck_is_float(type) ? 2 : 1));
}

// MARK: halves

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

// What is left of a vector without the upper halves.
INLINE __m512 rest_of(__m512 a) {
    const __m512i upper = _mm512_set1_epi32((int)0xffff0000);
    return _mm512_sub_ps(a, (__m512)_mm512_and_si512((__m512i)a, upper));
}

// What is left of a vector without its numbers rounded to bf16.
INLINE __m512 without_bf16(__m512 x) {
    __m512i halves = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x));
    return _mm512_sub_ps(x, (__m512)_mm512_slli_epi32(halves, 16));
}

// MARK: products

// Registers 0 to 3 sum [2 groups of inputs][2 halves of rows]; 4 and 5 are inputs, 6 and 7 weights.
static void configure(void) {
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

// Tile instructions that are issued in the same cycle, of the six that a core can issue, get in each
// other's way on a host where something else slows them down (docs/performance.md): a product then takes
// 35 cycles, with seven others between them 20. At other times these cost nothing.
#define APART(instructions) __asm__ volatile(".rept " #instructions "\n\tnop\n\t.endr")
#define LOAD(tile, from)                                                                           \
    _tile_loadd(tile, from, 64);                                                                   \
    APART(8)
#define STREAM(tile, from)                                                                         \
    _tile_stream_loadd(tile, from, 64);                                                            \
    APART(8)

#define LOAD_INPUTS(part)                                                                          \
    STREAM(4, a + (part) * TILE_BYTES);                                                            \
    if (groups > 1) {                                                                              \
        STREAM(5, a + next + (part) * TILE_BYTES);                                                 \
    }
#define LOAD_WEIGHTS(part)                                                                         \
    LOAD(6, b + (part) * STEP_BYTES);                                                              \
    LOAD(7, b + (part) * STEP_BYTES + TILE_BYTES);
// `then(i)` keeps what comes next apart from the product of register i, and is there for the second
// group's even without one.
#define MULTIPLY(groups, then)                                                                     \
    _tile_dpbf16ps(0, 4, 6);                                                                       \
    then(0);                                                                                       \
    _tile_dpbf16ps(1, 4, 7);                                                                       \
    then(1);                                                                                       \
    if (groups > 1) {                                                                              \
        _tile_dpbf16ps(2, 5, 6);                                                                   \
    }                                                                                              \
    then(2);                                                                                       \
    if (groups > 1) {                                                                              \
        _tile_dpbf16ps(3, 5, 7);                                                                   \
    }                                                                                              \
    then(3)
#define WAIT(i) APART(8)

// Of both groups.
INLINE void load_sums(const float *sums) {
    _tile_loadd(0, sums, 4 * CK_TILE);
    _tile_loadd(1, sums + 16, 4 * CK_TILE);
    _tile_loadd(2, sums + TILE_ROWS * CK_TILE, 4 * CK_TILE);
    _tile_loadd(3, sums + TILE_ROWS * CK_TILE + 16, 4 * CK_TILE);
}

INLINE void store_sums(const int groups, float *sums) {
    _tile_stored(0, sums, 4 * CK_TILE);
    _tile_stored(1, sums + 16, 4 * CK_TILE);
    if (groups == 1) return;
    _tile_stored(2, sums + TILE_ROWS * CK_TILE, 4 * CK_TILE);
    _tile_stored(3, sums + TILE_ROWS * CK_TILE + 16, 4 * CK_TILE);
}

INLINE void zero_sums(void) {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
}

// One step of one or two groups of inputs, without the products of the last parts, whose registers are
// loaded. in, weight: parts of each, of whose products all but that of both lower ones are summed.
// a: the first group's; next: bytes to the second's.
INLINE void begin_step(const int in, const int weight, const int groups, const char *a, long next,
                       const uint8_t *b) {
    LOAD_INPUTS(0)
    if (weight > 1) {
        LOAD_WEIGHTS(1)
        MULTIPLY(groups, WAIT);
    }
    LOAD_WEIGHTS(0)
    if (in > 1) {
        MULTIPLY(groups, WAIT);
        LOAD_INPUTS(1)
    }
}

INLINE void add_step(const int in, const int weight, const int groups, const char *a, long next,
                     const uint8_t *b) {
    begin_step(in, weight, groups, a, next, b);
    MULTIPLY(groups, WAIT);
}

#endif
