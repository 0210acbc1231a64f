// ck_matrix.h for the instruction set of each call.
#include "ck_matrix.h"

#include "float_table.h"
#include "int_table.h"
#include "openblas.h"
#include "tile_table.h"
#include "vector_product.h"

long ck_input_rows(ck_isa isa, ck_layout layout, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    if (tiles) return tiles->input_rows;
    if (m == 1) return 1;
    if (uses_openblas(isa, layout, m)) return OPENBLAS_ROWS;
    return ck_is_float(layout) ? ck_floats(isa)->input_rows : ck_ints(isa)->input_rows;
}

size_t ck_input_bytes(ck_isa isa, ck_layout layout, long m, long columns) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    if (tiles) return tiles->input_bytes(layout, m, columns);
    long unit = ck_input_rows(isa, layout, m);
    return (size_t)((m + unit - 1) / unit * unit) * ck_row_bytes(layout, columns);
}

void ck_prepare_inputs(ck_isa isa, ck_layout layout, const float *x, long m, long columns,
                       long first, long last, void *inputs) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    if (tiles) tiles->prepare(layout, x, m, columns, first, last, inputs);
    else if (uses_openblas(isa, layout, m)) openblas_prepare(x, m, columns, first, last, inputs);
    else if (ck_is_float(layout)) ck_floats(isa)->prepare(x, m, columns, first, last, inputs);
    else ck_ints(isa)->prepare(layout, x, m, columns, first, last, inputs);
}

// Inputs that fit the caches beside the weights of one band.
enum { FEW_INPUTS = 64 };

int ck_uses_tiles(ck_isa isa, ck_layout layout, long m) { return ck_tiles(isa, layout, m) != NULL; }

int ck_rounds_alike(ck_isa isa, ck_layout layout, long m, long n) {
    return ck_uses_tiles(isa, layout, m) == ck_uses_tiles(isa, layout, n) &&
           uses_openblas(isa, layout, m) == uses_openblas(isa, layout, n);
}

long ck_bands_at_once(ck_isa isa, ck_layout layout, long m) {
    if (m <= FEW_INPUTS) return 1;
    return ck_uses_tiles(isa, layout, m) ? 16 : 4;
}

long ck_block_rows(ck_isa isa, ck_layout layout, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    return tiles ? tiles->block_rows(m) : m;
}

long ck_block_unit(ck_isa isa, ck_layout layout, long m) {
    const ck_tile_table *tiles = ck_tiles(isa, layout, m);
    return tiles ? tiles->block_unit : ck_input_rows(isa, layout, m);
}

int ck_multiply(ck_isa isa, const ck_product *p) {
    const ck_tile_table *table = ck_tiles(isa, p->layout, p->m);
    return table ? table->multiply(p) : ck_multiply_in_vectors(isa, p);
}
