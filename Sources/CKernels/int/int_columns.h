// Exact sums over columns of one block, for instruction sets that do better than one product of four
// bytes after the other (OWN_COLUMNS is defined for them).
#include "int_blocks.h"

// The sums of some inputs and vectors of rows.
typedef vi block_sums[INPUT_ROWS][CK_BAND / LANES];

#if LANES == 8 && !defined(HARDWARE_DOT)
#define OWN_COLUMNS 1
// acc[rows][strip vectors from v0 on] += the products of columns 4 `first` to 4 `last`. `in`: the
// inputs' words. Products of few bits are summed in 16 bits first, as many as fit: four bytes' sum
// then takes two instructions instead of three.
INLINE void add_columns(const ck_layout layout, const ck_layout kind, const int rows,
                        const int spacing, const int strip, const int v0, block_place place,
                        const int32_t *in, const int first, const int last, block_sums acc) {
    // 2 (2^bits - 1) x 127 x together < 2^15
    const int together = is_signed(kind) ? 1 : 128 >> (4 + layout_of(kind).upper);
    // Four columns and those 16 further on share their bytes' nibbles: one load serves both.
    const int by_nibbles = last - first == 8;
#pragma clang loop unroll(full)
    for (int start = first; start < last; start += together) {
        __m256i pairs[INPUT_ROWS][CK_BAND / LANES];
#pragma clang loop unroll(full)
        for (int i = start; i < last && i < start + together; i++) {
            const int g = by_nibbles ? i % 2 * 4 + i / 2 : i;
            for (int v = 0; v < strip; v++) {
                vb w = weights_of(layout, place, g, v0 + v);
                for (int m = 0; m < rows; m++) {
                    __m256i products = dot_pairs(w, in[g * spacing + m], kind);
                    pairs[m][v] =
                        i == start ? products : in_order(_mm256_add_epi16(pairs[m][v], products));
                }
            }
        }
        for (int m = 0; m < rows; m++)
            for (int v = 0; v < strip; v++)
                acc[m][v] += (vi)_mm256_madd_epi16(pairs[m][v], _mm256_set1_epi16(1));
    }
}
#elif defined(__aarch64__) && defined(HARDWARE_DOT)
#define OWN_COLUMNS 1
// The same with four inputs' words in one register, of which the product takes one: a word that is
// loaded to all lanes costs as much as a product.
INLINE void add_columns(const ck_layout layout, const ck_layout kind, const int rows,
                        const int spacing, const int strip, const int v0, block_place place,
                        const int32_t *in, const int first, const int last, block_sums acc) {
#pragma clang loop unroll(full)
    for (int g = first; g < last; g++) {
        vb w[CK_BAND / LANES];
        for (int v = 0; v < strip; v++) w[v] = weights_of(layout, place, g, v0 + v);
        for (int start = 0; start < rows; start += 4) {
            // A single input has no neighbours.
            const int32x4_t words =
                spacing == 1 ? vdupq_n_s32(in[g]) : vld1q_s32(in + g * spacing + start);
            for (int m = start; m < rows && m < start + 4; m++)
                for (int v = 0; v < strip; v++)
                    acc[m][v] = dot(acc[m][v], w[v], words[m % 4], kind);
        }
    }
}
#endif
