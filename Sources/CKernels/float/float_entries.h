// Scores and weighted sums of some entries, which pass through the first-level cache together.
#ifndef FLOAT_ENTRIES_H
#define FLOAT_ENTRIES_H

#include "fetch_ahead.h"
#include "float_cached.h"

enum { ENTRIES_AT_ONCE = 16 };

// Entries of one key/value head, `stride` bytes apart. `dim` is a multiple of LANES, and of 32 for
// types with blocks.
typedef struct {
    const char *first;
    long stride, count, dim;
    float *scales;  // [dim / 32][ENTRIES_AT_ONCE], for types with blocks
} entry_list;

// Fills in the scales of all blocks of a list's entries. Those beyond its count repeat the last.
INLINE void load_scales(const ck_type type, const entry_list *list) {
    float *scales = list->scales;
    for (long d = 0; d < list->dim; d += CACHED_BLOCK, scales += ENTRIES_AT_ONCE) {
        const char *block = list->first + d / CACHED_BLOCK * block_bytes(type);
#if LANES == 16
        // Numbers that were just stored one by one cannot be read as a vector before they have reached the
        // cache, so they are gathered, with two bytes of a block's numbers each.
        const vi entry = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
        const __m512i last = _mm512_set1_epi32((int)list->count - 1);
        const __m512i offsets = _mm512_mullo_epi32(_mm512_min_epi32((__m512i)entry, last),
                                                   _mm512_set1_epi32((int)list->stride));
        const __m512i words = _mm512_i32gather_epi32(offsets, block, 1);
        store(scales, (vf)_mm512_cvtph_ps(_mm512_cvtepi32_epi16(words)));
#else
        uint16_t halves[ENTRIES_AT_ONCE];
        for (long k = 0; k < ENTRIES_AT_ONCE; k++)
            memcpy(halves + k, block + minimum(k, list->count - 1) * list->stride, 2);
        for (int k = 0; k < ENTRIES_AT_ONCE; k += LANES) store(scales + k, load_f16(halves + k));
#endif
    }
}

// Stores the first `count` of four scores. A size that is no constant would call memcpy.
INLINE void store_scores(v4f sums, long count, float *scores) {
    if (count >= 4) memcpy(scores, &sums, sizeof sums);
    else
        for (int i = 0; i < count; i++) scores[i] = sums[i];
}

// scores[k] = scale * q . entries[k]. `type` is a constant where this is inlined.
INLINE void score_entries(const ck_type type, const entry_list *list, const float *q, float scale,
                          float *scores) {
    const long block = block_bytes(type) ? CACHED_BLOCK : LANES;
    for (long k = 0; k < list->count; k += 4) {
        const char *e[4];
        for (int i = 0; i < 4; i++)
            e[i] = list->first + minimum(k + i, list->count - 1) * list->stride;
        if (!block_bytes(type)) fetch_ahead(e[0], 4 * list->stride);
        vf sum[4] = {{0}};
        for (long d = 0; d < list->dim; d += block)
            for (int i = 0; i < 4; i++) {
                if (!block_bytes(type)) {
                    sum[i] += load(q + d) * single_numbers(type, e[i], d);
                    continue;
                }
                vf part = {0};
                for (int v = 0; v < CACHED_BLOCK; v += LANES)
                    part += load(q + d + v) *
                            block_numbers(type, e[i] + d / CACHED_BLOCK * block_bytes(type), v);
                sum[i] += part * list->scales[d / CACHED_BLOCK * ENTRIES_AT_ONCE + k + i];
            }
        v4f sums = sum_lanes_of_4(sum[0], sum[1], sum[2], sum[3]) * scale;
        store_scores(sums, list->count - k, scores + k);
    }
}

// output[d .. d + vectors * LANES) += sum over k of weights[k] * entries[k]. Types with blocks have
// weights [dim / 32][ENTRIES_AT_ONCE], each times the block's scale.
INLINE void add_entries(const ck_type type, const int vectors, const entry_list *list,
                        const float *weights, long d, float *output) {
    vf sum[8];
    for (int v = 0; v < vectors; v++) sum[v] = load(output + d + v * LANES);
    const long first = d / CACHED_BLOCK;  // block
    for (long k = 0; k < list->count; k++) {
        const char *entry = list->first + k * list->stride;
        if (d == 0 && !block_bytes(type)) fetch_ahead(entry, list->stride);
        for (int v = 0; v < vectors; v++) {
            const long block = first + v * LANES / CACHED_BLOCK;
            if (block_bytes(type))
                sum[v] += weights[block * ENTRIES_AT_ONCE + k] *
                          block_numbers(type, entry + block * block_bytes(type),
                                        v * LANES % CACHED_BLOCK);
            else sum[v] += weights[k] * single_numbers(type, entry, d + v * LANES);
        }
    }
    for (int v = 0; v < vectors; v++) store(output + d + v * LANES, sum[v]);
}

// products [dim / 32][ENTRIES_AT_ONCE] = weights [count] times the scales.
INLINE void multiply_scales(const entry_list *list, const float *weights, float *products) {
    for (int k = 0; k < ENTRIES_AT_ONCE; k += LANES) {
        vf weight = {0};
        if (k < list->count) weight = load_or_tail(weights, k, list->count, 0);
        for (long i = k; i < list->dim / CACHED_BLOCK * ENTRIES_AT_ONCE; i += ENTRIES_AT_ONCE)
            store(products + i, weight * load(list->scales + i));
    }
}

// products: memory for the weights of types with blocks.
INLINE void weigh_entries(const ck_type type, const entry_list *list, const float *weights,
                          float *products, float *output) {
    const int few = block_bytes(type) ? CACHED_BLOCK / LANES : 2;
    if (block_bytes(type)) {
        multiply_scales(list, weights, products);
        weights = products;
    }
    long d = 0;
    for (; d + 8 * LANES <= list->dim; d += 8 * LANES)
        add_entries(type, 8, list, weights, d, output);
    for (; d + few * LANES <= list->dim; d += few * LANES)
        add_entries(type, few, list, weights, d, output);
    if (block_bytes(type)) return;
    for (; d < list->dim; d += LANES) add_entries(type, 1, list, weights, d, output);
}

#endif
