// Scores of q4_0's keys in whole numbers, for x86-64: nibbles become floats too slowly to keep up with
// memory. A query is rounded to bytes with one scale for 32, as inputs of matrices are, which adds a
// sixteenth of the error that 4 bits have. Values, whose weights differ by orders of magnitude,
// are multiplied as floats.
#ifndef FLOAT_NIBBLES_H
#define FLOAT_NIBBLES_H

#include <immintrin.h>

#include "fetch_ahead.h"
#include "float_cached.h"

typedef int32_t v8i __attribute__((vector_size(32)));

// 32 numbers of a query. start: a sum of products begins here. A nibble is 8 too large, so this has -8
// times each lane's four numbers; and the bits of 1.5 x 2^23, so that a subtraction makes the sum a
// float.
typedef struct {
    int8_t numbers[CACHED_BLOCK];
    v8i start;
} query_block;

enum { SUM_ZERO = 0x4b400000 };

// Rounds a query [dim]. scales [dim / 32]
INLINE void round_query(const float *q, long dim, query_block *blocks, float *scales) {
    for (long b = 0; b < dim / CACHED_BLOCK; b++, q += CACHED_BLOCK) {
        float most = 0;
        for (int i = 0; i < CACHED_BLOCK; i++) most = fmaxf(most, fabsf(q[i]));
        const float inverse = most > 0 ? 127 / most : 0;
        scales[b] = most / 127;
        for (int l = 0; l < 8; l++) {
            int sum = 0;
            for (int i = 4 * l; i < 4 * l + 4; i++) {
                const int number = (int)lrintf(q[i] * inverse);
                blocks[b].numbers[i] = (int8_t)number;
                sum += number;
            }
            blocks[b].start[l] = SUM_ZERO - 8 * sum;
        }
    }
}

// start + in each lane the sum of four products.
INLINE v8i dot_nibbles(v8i start, __m256i nibbles, const int8_t *numbers) {
    const __m256i n = _mm256_loadu_si256((const void *)numbers);
#if LANES == 16
    return (v8i)_mm256_dpbusd_epi32((__m256i)start, nibbles, n);
#else
    const __m256i pairs = _mm256_maddubs_epi16(nibbles, n);
    return start + (v8i)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#endif
}

// Scores of four entries. scales [dim / 32][spacing]: those of an entry's block and of the query's, and
// what else is to be multiplied.
INLINE v4f score_nibbles(const char *const entries[4], long dim, const query_block *q,
                         const float *scales, long spacing) {
    v8f sum[4] = {{0}};
    for (long b = 0; b < dim / CACHED_BLOCK; b++)
        for (int i = 0; i < 4; i++) {
            const char *block = entries[i] + b * BYTES_Q4_0;
            const __m128i low = _mm_loadu_si128((const void *)(block + 2));
            const __m256i both =
                _mm256_inserti128_si256(_mm256_castsi128_si256(low), _mm_srli_epi16(low, 4), 1);
            const v8i dots =
                dot_nibbles(q[b].start, _mm256_and_si256(both, _mm256_set1_epi8(15)), q[b].numbers);
            sum[i] += ((v8f)dots - 12582912.0f) * scales[b * spacing + i];
        }
    return sum_of_4_eights(sum[0], sum[1], sum[2], sum[3]);
}

#endif
