#include "ck_matrix.h"

#include <string.h>

#include "ck_memory.h"
#include "ck_vector.h"
#include "float_table.h"
#include "int_table.h"
#include "tile_table.h"

long ck_column_unit(ck_matrix_type type) { return ck_is_float(type) ? 1 : type < CK_Q4_K ? 32 : 256; }

size_t ck_tile_bytes(ck_matrix_type type, long columns) {
    size_t count = (size_t)columns;
    switch (type) {
    case CK_F32: return count * CK_TILE * 4;
    case CK_F16:
    case CK_BF16: return count * CK_TILE * 2;
    case CK_Q8_0: return count / 32 * Q8_0_BLOCK;
    case CK_Q8_1: return count / 32 * Q8_1_BLOCK;
    case CK_Q4_0: return count / 32 * Q4_0_BLOCK;
    case CK_Q4_K: return count / 256 * Q4_K_GROUP;
    case CK_Q5_K: return count / 256 * Q5_K_GROUP;
    default: return count / 256 * Q6_K_GROUP;
    }
}

long ck_input_rows(ck_isa isa, ck_matrix_type type, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, type, m);
    if (tiles) return tiles->input_rows;
    if (m == 1) return 1;
    return ck_is_float(type) ? ck_floats(isa)->input_rows : ck_ints(isa)->input_rows;
}

size_t ck_input_bytes(ck_isa isa, ck_matrix_type type, long m, long columns) {
    const ck_tile_table *tiles = ck_tiles(isa, type, m);
    if (tiles) return tiles->input_bytes(type, m, columns);
    long unit = ck_input_rows(isa, type, m);
    size_t rows = (size_t)((m + unit - 1) / unit * unit);
    if (ck_is_float(type)) return rows * (size_t)columns * sizeof(float);
    return rows * (size_t)(columns / 32) * INPUT_WORDS * sizeof(int32_t);
}

void ck_prepare_inputs(ck_isa isa, ck_matrix_type type, const float *x, long m, long columns,
                       long first, long last, void *inputs) {
    const ck_tile_table *tiles = ck_tiles(isa, type, m);
    if (tiles) tiles->prepare(type, x, m, columns, first, last, inputs);
    else if (ck_is_float(type)) ck_floats(isa)->prepare(x, m, columns, first, last, inputs);
    else ck_ints(isa)->prepare(type, x, m, columns, first, last, inputs);
}

static void add_tile(ck_isa isa, ck_matrix_type type, const void *tile, long columns,
                     const void *inputs, long m, float *y, long stride) {
    if (ck_is_float(type)) ck_floats(isa)->add_tile(type, tile, columns, inputs, m, y, stride);
    else ck_ints(isa)->add_tile(type, tile, columns, inputs, m, y, stride);
}

// Rows of a partial tile that are computed at a time: a multiple of every ck_input_rows.
enum { PIECE = 24 };

// Inputs that the caches hold beside the weights of one tile.
enum { FEW_INPUTS = 64 };

// What the products of one row are added to.
static void start_row(const float *bias, long count, int add, float *y) {
    for (long i = 0; i < count; i++) y[i] = (add ? y[i] : 0) + (bias ? bias[i] : 0);
}

// Of one tile: y[m, count] (row stride `stride`), count <= CK_TILE.
static void multiply_tile(ck_isa isa, const ck_product *p, const void *tile, const float *bias,
                          long count, float *y, long stride) {
    const long m = p->m;
    for (long i = 0; i < m; i++) start_row(bias, count, p->add, y + i * stride);
    if (count == CK_TILE) {
        add_tile(isa, p->type, tile, p->columns, p->inputs, m, y, stride);
        return;
    }
    // The last tile of a matrix whose rows are no multiple of 32 goes through a buffer. A piece of
    // one row must not be taken for a product with a single input, whose inputs look different.
    float buffer[(PIECE + 1) * CK_TILE] = {0};
    size_t row_bytes = ck_input_bytes(isa, p->type, m > 1 ? PIECE : 1, p->columns) / (m > 1 ? PIECE : 1);
    for (long row = 0; row < m;) {
        long rows = m - row <= PIECE + 1 ? m - row : PIECE;
        for (long i = 0; i < rows; i++)
            memcpy(buffer + i * CK_TILE, y + (row + i) * stride, sizeof(float) * (size_t)count);
        add_tile(isa, p->type, tile, p->columns, (const char *)p->inputs + (size_t)row * row_bytes, rows,
                 buffer, CK_TILE);
        for (long i = 0; i < rows; i++)
            memcpy(y + (row + i) * stride, buffer + i * CK_TILE, sizeof(float) * (size_t)count);
        row += rows;
    }
}

int ck_uses_tiles(ck_isa isa, ck_matrix_type type, long m) { return ck_tiles(isa, type, m) != NULL; }

long ck_tiles_at_once(ck_isa isa, ck_matrix_type type, long m) {
    return ck_uses_tiles(isa, type, m) && m > FEW_INPUTS ? 16 : 1;
}

long ck_block_rows(ck_isa isa, ck_matrix_type type, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, type, m);
    return tiles ? tiles->block_rows(m) : m;
}

int ck_multiply_tiles(ck_isa isa, const ck_product *p) {
    const ck_tile_table *table = ck_tiles(isa, p->type, p->m);
    if (table) return table->multiply(p);
    float *up = NULL;
    if (p->up && !(up = ck_scratch(CK_SCRATCH_KERNEL, (size_t)(p->m * CK_TILE) * sizeof(float)))) return -1;
    for (long row = 0; row < p->count; row += CK_TILE) {
        const size_t at = (size_t)(row / CK_TILE) * ck_tile_bytes(p->type, p->columns);
        const long rows = p->count - row < CK_TILE ? p->count - row : CK_TILE;
        float *y = p->y + row;
        multiply_tile(isa, p, (const char *)p->tiles + at, p->bias ? p->bias + row : NULL, rows, y, p->stride);
        if (!up) continue;
        multiply_tile(isa, p, (const char *)p->up + at, NULL, rows, up, CK_TILE);
        for (long i = 0; i < p->m; i++)
            ck_silu_multiply(isa, y + i * p->stride, up + i * CK_TILE, rows, y + i * p->stride);
    }
    return 0;
}
