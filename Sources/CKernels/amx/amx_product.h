// One call's matrices in the order of tile registers: inputs before their products, results after.
#ifndef AMX_PRODUCT_H
#define AMX_PRODUCT_H

#include "amx_panel.h"
#include "fetch_ahead.h"
#include "float_simd.h"
#include "tile_table.h"

static long steps_of(long columns) { return (columns + STEP_COLUMNS - 1) / STEP_COLUMNS; }
static long groups_of(long m) { return (m + TILE_ROWS - 1) / TILE_ROWS; }

// MARK: inputs

static size_t input_bytes(ck_layout layout, long m, long columns) {
    return (size_t)(groups_of(m) * steps_of(columns) * input_parts(layout)) * TILE_BYTES;
}

// Puts columns in the order of a panel's pairs: the middle two of every four change places.
INLINE __m512i in_pairs(__m512 a, __m512 b) {
    const __m128i order = _mm_set_epi8(15, 14, 11, 10, 13, 12, 9, 8, 7, 6, 3, 2, 5, 4, 1, 0);
    return _mm512_shuffle_epi8((__m512i)_mm512_cvtne2ps_pbh(b, a), _mm512_broadcast_i32x4(order));
}

// inputs: [panels][groups of 16 rows][a panel's steps][parts] tiles of [16 rows][32 columns].
static void prepare(ck_layout layout, const float *x, long m, long columns, long first, long last,
                    void *inputs) {
    const long steps = steps_of(columns), groups = groups_of(m), parts = input_parts(layout);
    const __m512 scale = _mm512_set1_ps(ck_is_float(layout) ? 1 : INPUT_SCALE);
    last = groups_of(last) * TILE_ROWS;  // rows beyond the last input are zeros
    for (long from = 0; from < steps; from += panel_steps(layout)) {
        long count = steps - from < panel_steps(layout) ? steps - from : panel_steps(layout);
        for (long row = first; row < last; row++) {
            char *to = (char *)inputs + row % TILE_ROWS * 64 +
                       (from * groups + row / TILE_ROWS * count) * parts * TILE_BYTES;
            const float *values = x + (row - first) * columns;
            for (long i = from * STEP_COLUMNS; i < (from + count) * STEP_COLUMNS;
                 i += STEP_COLUMNS) {
                __m512 a = _mm512_setzero_ps(), b = a;
                if (row < m) {
                    a = _mm512_mul_ps(load_inputs(values, i, columns), scale);
                    b = _mm512_mul_ps(load_inputs(values, i + 16, columns), scale);
                }
                _mm512_store_si512(to, in_pairs(a, b));
                to += TILE_BYTES;
                if (parts == ROUNDED) continue;
                _mm512_store_si512(to, in_pairs(without_bf16(a), without_bf16(b)));
                to += TILE_BYTES;
            }
        }
    }
}

// MARK: products

// The product that one call computes. With `up`, each band of W is followed by the same band of U.
typedef struct {
    const ck_product *of;
    float *sums;
    long band_bytes, band_count;
} product;

INLINE const uint8_t *band_of(const product *p, long band) {
    const void *up = p->of->up;
    if (!up) return (const uint8_t *)p->of->bands + band * p->band_bytes;
    return (const uint8_t *)(band % 2 ? up : p->of->bands) + band / 2 * p->band_bytes;
}

INLINE const char *inputs_of(const product *p) { return p->of->inputs; }

// The address of a step's weights.
INLINE const uint8_t *weights_of(const ck_layout layout, const uint8_t *band, long step) {
    if (ck_is_float(layout)) return band + step * STEP_COLUMNS * CK_BAND * 2;
    const block_place at = place_of(layout, band, step);
    // A group's header comes before its first block.
    return step % GROUP_BLOCKS == 0 && header_bytes(layout) > 0 ? at.header : at.block;
}

INLINE void unpack(const ck_layout layout, const uint8_t *band, long columns, long step,
                   uint8_t *to) {
    if (ck_is_float(layout)) split_step(layout, (const uint16_t *)band, columns, step, to);
    else unpack_step(layout, band, step, to);
}

// Results larger than this would leave the caches before they are used. They are written past the
// caches, so that their lines need not be read first.
enum { STREAMED_BYTES = 4 << 20 };

// When products are added to y, its rows are prefetched this many ahead, because they lie far
// apart.
enum { ROWS_AHEAD = 4 };

// Writes y for the inputs [first, last) of a block. p->sums: [bands][band_sums], a band's first
// input at `first`.
INLINE void finish(const ck_layout layout, const product *p, long band_sums, long first,
                   long last) {
    const __m512 factor = _mm512_set1_ps(ck_is_float(layout) ? 1 : RESULT_SCALE);
    const ck_product *of = p->of;
    const int streamed = !of->add && of->m * of->stride * (long)sizeof(float) > STREAMED_BYTES;
    for (long i = first; i < last && i < of->m; i++)
        for (long j = 0; j < of->count; j += 16) {
            __mmask16 mask = first_lanes(of->count - j);
            float *y = of->y + i * of->stride + j;
            const float *sums = p->sums + (i - first) * CK_BAND + j % CK_BAND;
            __m512 result;
            if (of->up) {
                sums += j / CK_BAND * 2 * band_sums;
                __m512 gate = _mm512_mul_ps(_mm512_load_ps(sums), factor);
                __m512 up = _mm512_mul_ps(_mm512_load_ps(sums + band_sums), factor);
                result = (__m512)(silu((vf)gate) * (vf)up);
            } else {
                __m512 start =
                    of->bias ? _mm512_maskz_loadu_ps(mask, of->bias + j) : _mm512_setzero_ps();
                if (of->add) {
                    __builtin_prefetch(y + ROWS_AHEAD * of->stride, 1);
                    start = _mm512_add_ps(start, _mm512_maskz_loadu_ps(mask, y));
                }
                const __m512 sum = _mm512_load_ps(sums + j / CK_BAND * band_sums);
                result = _mm512_fmadd_ps(sum, factor, start);
            }
            if (streamed && mask == 0xffff && (uintptr_t)y % 64 == 0) _mm512_stream_ps(y, result);
            else _mm512_mask_storeu_ps(y, mask, result);
        }
    if (streamed) _mm_sfence();
}
#endif
