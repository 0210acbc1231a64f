// Products with packed matrices, y = x . W^T + bias, and how weights are packed for them.
//
// W [rows, columns] is cut into bands of 32 rows; rows beyond the last are zero. A band holds its
// columns in order, 32 rows side by side, so that one vector takes the same columns of many rows:
//
//   float layouts    [columns][32] numbers
//   integer layouts  blocks of 32 columns, each of them
//                      scales   d [32] f16 and, with minima, m [32] f16; in groups, [2][32] bytes s
//                      upper    [upper][32][4]: bits above the low ones
//                      low      bytes [8][32][4] of columns 4 g to 4 g + 3, or nibbles [4][32][4],
//                               the lower of columns 0 to 15, the upper of columns 16 to 31
//                    Groups of 8 blocks begin with d and, with minima, m.
//
// CK_INT_LAYOUTS (ck_types.h) says which of these a layout has and how a weight follows from them.
// Every part begins on a cache line.
//
// Inputs of the integer layouts are quantised to 8 bits with one scale for 32 columns; products are
// summed exactly in 32 bits within a scale, and scales are applied in order of the columns. So a
// row of y depends only on its row of x.
//
// CK_AMX multiplies 12 and more rows in tile registers instead, in every layout but f32: inputs of
// the integer layouts and their weights are rounded to bf16 (8 bits of significand each), floats to
// 16 bits. A row of y then still depends only on its row of x, and on whether m is below 12.
#ifndef CK_MATRIX_H
#define CK_MATRIX_H

#include <stddef.h>

#include "ck_isa.h"
#include "ck_types.h"

// Rows of a band.
enum { CK_BAND = 32 };

// Bytes of a band. `columns` is a multiple of the block of each type that has this layout.
size_t ck_band_bytes(ck_layout layout, long columns);

// Packs a band of a type that has a layout. rows[r] points to a stored row, or is NULL for a row of
// zeros; r < CK_BAND. band: ck_band_bytes, aligned to 64 bytes. Returns 0, or -1 when a weight is
// infinite or NaN.
int ck_pack_band(ck_type type, const void *const *rows, long columns, void *band);

// Bytes of m inputs that are prepared for products with weights of `layout`.
size_t ck_input_bytes(ck_isa isa, ck_layout layout, long m, long columns);

// Rows of inputs that are prepared together.
long ck_input_rows(ck_isa isa, ck_layout layout, long m);

// Prepares rows [first, last) of m inputs, `first` a multiple of ck_input_rows. x: these rows alone,
// [last - first, columns]. inputs: ck_input_bytes for all m rows, aligned to 64 bytes.
void ck_prepare_inputs(ck_isa isa, ck_layout layout, const float *x, long m, long columns,
                       long first, long last, void *inputs);

// A product of m prepared inputs and `count` rows of W, whose bands follow each other:
// y[i][j] = x[i] . W[j] + bias[j], added to what y holds if `add` is 1. If `up` points to the bands
// of a matrix U of the same shape and layout, y = silu(x . W^T) * (x . U^T); `bias` must then be
// NULL and `add` 0.
typedef struct {
    ck_layout layout;
    const void *bands, *up;  // up: or NULL
    const void *inputs;
    const float *bias;  // [count] or NULL
    float *y;           // row stride `stride` floats
    long columns, m, count, stride;
    long first, last;  // rows of y to compute: all, or a block (ck_block_unit)
    int add;
} ck_product;

// Computes a product. Weights are read once for a block of rows. Returns 0, or -1 when memory runs
// out.
int ck_multiply(ck_isa isa, const ck_product *p);

// The most rows of y that one call should compute: a block of inputs that the caches hold, or all m
// and more.
long ck_block_rows(ck_isa isa, ck_layout layout, long m);

// Blocks may begin at multiples of this number of rows. A block of a single row is not allowed
// unless m is 1.
long ck_block_unit(ck_isa isa, ck_layout layout, long m);

// 1 where m inputs are multiplied in tile registers (CK_AMX), else 0.
int ck_uses_tiles(ck_isa isa, ck_layout layout, long m);

// 1 where a row gets the same bits among m inputs as among n, else 0.
int ck_rounds_alike(ck_isa isa, ck_layout layout, long m, long n);

// Number of bands to give one call when there are enough for all threads: the bands of a call share
// the inputs that it fetches.
long ck_bands_at_once(ck_isa isa, ck_layout layout, long m);

#endif
