// ck_matrix.h for the instruction set of each call.
#include "ck_matrix.h"

#include <string.h>

#include "ck_memory.h"
#include "ck_vector.h"
#include "float_table.h"
#include "int_table.h"
#include "tile_table.h"

long ck_input_rows(ck_isa isa, ck_layout layout, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    if (tiles) return tiles->input_rows;
    if (m == 1) return 1;
    return ck_is_float(layout) ? ck_floats(isa)->input_rows : ck_ints(isa)->input_rows;
}

size_t ck_input_bytes(ck_isa isa, ck_layout layout, long m, long columns) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    if (tiles) return tiles->input_bytes(layout, m, columns);
    long unit = ck_input_rows(isa, layout, m);
    size_t rows = (size_t)((m + unit - 1) / unit * unit);
    if (ck_is_float(layout)) return rows * (size_t)columns * sizeof(float);
    return rows * (size_t)(columns / 32) * INPUT_WORDS * sizeof(int32_t);
}

void ck_prepare_inputs(ck_isa isa, ck_layout layout, const float *x, long m, long columns,
                       long first, long last, void *inputs) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    if (tiles) tiles->prepare(layout, x, m, columns, first, last, inputs);
    else if (ck_is_float(layout)) ck_floats(isa)->prepare(x, m, columns, first, last, inputs);
    else ck_ints(isa)->prepare(layout, x, m, columns, first, last, inputs);
}

static void add_band(ck_isa isa, ck_layout layout, const void *band, long columns,
                     const void *inputs, long m, float *y, long stride) {
    if (ck_is_float(layout)) ck_floats(isa)->add_band(layout, band, columns, inputs, m, y, stride);
    else ck_ints(isa)->add_band(layout, band, columns, inputs, m, y, stride);
}

// Rows of y that are computed at a time in a band of less than 32 rows: a multiple of every
// ck_input_rows.
enum { ROWS_AT_ONCE = 24 };

// Inputs that fit the caches beside the weights of one band.
enum { FEW_INPUTS = 64 };

// Sets one row of y to the values that products are then added to.
static void start_row(const float *bias, long count, int add, float *y) {
    for (long i = 0; i < count; i++) y[i] = (add ? y[i] : 0) + (bias ? bias[i] : 0);
}

// The last band of a matrix whose rows are no multiple of 32: products of all 32 rows go to a
// buffer. One row may not be left over, because a single input is prepared differently.
static void add_partial_band(ck_isa isa, const ck_product *p, const void *band, long count,
                             float *y, long stride) {
    float buffer[(ROWS_AT_ONCE + 1) * CK_BAND] = {0};
    const long together = p->m > 1 ? ROWS_AT_ONCE : 1;
    const size_t row_bytes =
        ck_input_bytes(isa, p->layout, together, p->columns) / (size_t)together;
    for (long row = 0; row < p->m;) {
        const long rows = p->m - row <= ROWS_AT_ONCE + 1 ? p->m - row : ROWS_AT_ONCE;
        for (long i = 0; i < rows; i++)
            memcpy(buffer + i * CK_BAND, y + (row + i) * stride, sizeof(float) * (size_t)count);
        add_band(isa, p->layout, band, p->columns,
                 (const char *)p->inputs + (size_t)row * row_bytes, rows, buffer, CK_BAND);
        for (long i = 0; i < rows; i++)
            memcpy(y + (row + i) * stride, buffer + i * CK_BAND, sizeof(float) * (size_t)count);
        row += rows;
    }
}

// y[m, count] (row stride `stride`) of one band, count <= CK_BAND.
static void multiply_band(ck_isa isa, const ck_product *p, const void *band, const float *bias,
                          long count, float *y, long stride) {
    for (long i = 0; i < p->m; i++) start_row(bias, count, p->add, y + i * stride);
    if (count == CK_BAND) add_band(isa, p->layout, band, p->columns, p->inputs, p->m, y, stride);
    else add_partial_band(isa, p, band, count, y, stride);
}

int ck_uses_tiles(ck_isa isa, ck_layout layout, long m) { return ck_tiles(isa, layout, m) != NULL; }

long ck_bands_at_once(ck_isa isa, ck_layout layout, long m) {
    return ck_uses_tiles(isa, layout, m) && m > FEW_INPUTS ? 16 : 1;
}

long ck_block_rows(ck_isa isa, ck_layout layout, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    return tiles ? tiles->block_rows(m) : m;
}

int ck_multiply(ck_isa isa, const ck_product *p) {
    const ck_tile_table *table = ck_tiles(isa, p->layout, p->m);
    if (table) return table->multiply(p);
    float *up = NULL;
    if (p->up) {
        up = ck_scratch(CK_SCRATCH_KERNEL, (size_t)(p->m * CK_BAND) * sizeof(float));
        if (!up) return -1;
    }
    for (long row = 0; row < p->count; row += CK_BAND) {
        const size_t at = (size_t)(row / CK_BAND) * ck_band_bytes(p->layout, p->columns);
        const long rows = p->count - row < CK_BAND ? p->count - row : CK_BAND;
        float *y = p->y + row;
        multiply_band(isa, p, (const char *)p->bands + at, p->bias ? p->bias + row : NULL, rows, y,
                      p->stride);
        if (!up) continue;
        multiply_band(isa, p, (const char *)p->up + at, NULL, rows, up, CK_BAND);
        for (long i = 0; i < p->m; i++)
            ck_silu_multiply(isa, y + i * p->stride, up + i * CK_BAND, rows, y + i * p->stride);
    }
    return 0;
}
