// Products in a processor's tile registers, for the instruction sets that have some.
#ifndef TILE_TABLE_H
#define TILE_TABLE_H

#include <stddef.h>

#include "ck_attention.h"
#include "ck_matrix.h"

typedef struct {
    // The least number of inputs with which a product is faster in tiles than in vectors.
    long least_rows;
    // Rows of inputs that are prepared together, and at whose multiples blocks may begin.
    long input_rows, block_unit;
    // As in ck_matrix.h and ck_attention.h.
    size_t (*input_bytes)(ck_layout layout, long m, long columns);
    void (*prepare)(ck_layout layout, const float *x, long m, long columns, long first, long last,
                    void *inputs);
    int (*multiply)(const ck_product *p);
    long (*block_rows)(long m);
    int (*attend)(const ck_attention *a, long kv_head, long first, long last, float *sums,
                  float *window_sums, long window);
    double (*operations)(long rounds);
} ck_tile_table;

#if defined(__x86_64__)
extern const ck_tile_table ck_tile_amx;
int ck_amx_attend(const ck_attention *a, long kv_head, long first, long last, float *sums,
                  float *window_sums, long window);
#endif

// The table that multiplies m inputs in tiles; NULL when they are multiplied in vectors. Products
// with f32 weights always are, because other results are compared with them.
static inline const ck_tile_table *ck_tiles(ck_isa isa, ck_layout layout, long m) {
#if defined(__x86_64__)
    if (isa == CK_AMX && layout != CK_LAYOUT_F32 && m >= ck_tile_amx.least_rows)
        return &ck_tile_amx;
#endif
    (void)isa, (void)layout, (void)m;
    return NULL;
}

// The same for attention of n queries.
static inline const ck_tile_table *ck_attention_tiles(ck_isa isa, const ck_attention *a) {
    return a->arithmetic == CK_ARITHMETIC_F32 ? NULL : ck_tiles(isa, CK_LAYOUT_F16, a->n);
}

#endif
