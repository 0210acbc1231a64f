// The integer kernels of one instruction set. int_kernels.h defines one such table for each.
#ifndef INT_TABLE_H
#define INT_TABLE_H

#include <stdint.h>

#include "ck_matrix.h"

typedef struct {
    int input_rows;
    // ck_prepare_inputs for the integer types.
    void (*prepare)(ck_matrix_type type, const float *x, long m, long columns, long first,
                    long last, int32_t *inputs);
    // y[m][CK_TILE] (row stride `stride`) += x . W^T.
    void (*add_tile)(ck_matrix_type type, const uint8_t *tile, long columns, const int32_t *inputs,
                     long m, float *y, long stride);
    double (*operations)(long rounds);
} ck_int_table;

extern const ck_int_table ck_int_portable;
#if defined(__x86_64__)
extern const ck_int_table ck_int_avx2, ck_int_avx512;
#endif

static inline const ck_int_table *ck_ints(ck_isa isa) {
#if defined(__x86_64__)
    if (isa >= CK_AVX512) return &ck_int_avx512;
    if (isa == CK_AVX2) return &ck_int_avx2;
#endif
    (void)isa;
    return &ck_int_portable;
}

// Words that one prepared block of 32 columns takes for each row: bytes [8][4], offsets [2], scale,
// scaled sum.
enum { INPUT_WORDS = 12 };

// Sizes of the packed integer types.
enum {
    HALVES = 2 * CK_TILE,          // f16 for each row
    NIBBLES = 16 * CK_TILE,        // 4 bits for 32 columns of each row
    BYTES = 32 * CK_TILE,          // 8 bits
    Q8_0_BLOCK = HALVES + BYTES,
    Q8_1_BLOCK = 2 * HALVES + BYTES,
    Q4_0_BLOCK = HALVES + NIBBLES,
    K_SCALES = 2 * CK_TILE,        // two bytes for each row
    Q4_K_BLOCK = K_SCALES + NIBBLES,
    Q5_K_BLOCK = K_SCALES + 4 * CK_TILE + NIBBLES,
    Q6_K_BLOCK = K_SCALES + 8 * CK_TILE + NIBBLES,
    Q4_K_GROUP = 2 * HALVES + 8 * Q4_K_BLOCK,
    Q5_K_GROUP = 2 * HALVES + 8 * Q5_K_BLOCK,
    Q6_K_GROUP = HALVES + 8 * Q6_K_BLOCK,
};

#endif
