#include "ck_matrix.h"

#include <stdint.h>
#include <string.h>

#include "float_table.h"

int ck_float_bytes(ck_float_type type) { return type == CK_F32 ? 4 : 2; }

// Columns that are turned at a time: the written stretch stays in the first-level cache.
enum { STRETCH = 64 };

#define PACK(name, element)                                                                        \
    static void name(const void *const *rows, long columns, element *tile) {                       \
        for (long first = 0; first < columns; first += STRETCH) {                                  \
            long last = columns - first < STRETCH ? columns : first + STRETCH;                     \
            for (int r = 0; r < CK_TILE; r++) {                                                    \
                const element *row = rows[r];                                                      \
                for (long i = first; i < last; i++) tile[i * CK_TILE + r] = row ? row[i] : 0;      \
            }                                                                                      \
        }                                                                                          \
    }
PACK(pack_16, uint16_t)
PACK(pack_32, uint32_t)
#undef PACK

void ck_pack_tile(ck_float_type type, const void *const *rows, long columns, void *tile) {
    if (type == CK_F32) pack_32(rows, columns, tile);
    else pack_16(rows, columns, tile);
}

void ck_gemv_tile(ck_isa isa, ck_float_type type, const void *tile, long columns, const float *x,
                  const float *bias, long count, float *y) {
    ck_floats(isa)->gemv_tile(type, tile, columns, x, bias, count, y);
}

int ck_input_rows(ck_isa isa) { return ck_floats(isa)->input_rows; }

long ck_packed_inputs(ck_isa isa, long m, long columns) {
    long rows = ck_input_rows(isa);
    return (m + rows - 1) / rows * rows * columns;
}

void ck_pack_inputs(ck_isa isa, const float *x, long m, long columns, long first, long last,
                    float *packed) {
    long rows = ck_input_rows(isa);
    for (; first < last; first += rows) {
        float *y = packed + first * columns;
        for (long r = 0; r < rows; r++)
            for (long i = 0; i < columns; i++)
                y[i * rows + r] = first + r < m ? x[(first + r) * columns + i] : 0;
    }
}

void ck_gemm_tile(ck_isa isa, ck_float_type type, const void *tile, long columns,
                  const float *packed, long m, const float *bias, long count, float *y,
                  long stride) {
    ck_floats(isa)->gemm_tile(type, tile, columns, packed, m, bias, count, y, stride);
}
