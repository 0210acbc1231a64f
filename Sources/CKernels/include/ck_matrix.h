// Products with packed matrices, y = x . W^T + bias, and how weights are packed for them.
//
// W [rows, columns] is cut into tiles of 32 rows; rows beyond the last are zero. A tile holds its
// columns in order, 32 rows side by side, so that one vector takes the same columns of many rows:
//
//   float types   [columns][32] elements
//   CK_Q8_0       blocks of 32 columns: scales [32] f16, then bytes [8][32][4]: q + 128
//   CK_Q8_1       scales [32] f16, minima [32] f16, bytes [8][32][4]; w = scale q + minimum
//   CK_Q4_0       scales [32] f16, nibbles [4][32][4]: low columns 0-15, high columns 16-31; q + 8
//   CK_Q4_K       per 256 columns: d [32] f16, dmin [32] f16, then 8 blocks of: scales [32] u8,
//                 minima [32] u8, nibbles as in CK_Q4_0; w = d scale q - dmin minimum
//   CK_Q5_K       as CK_Q4_K with fifth bits [32][4] (bit g belongs to columns 4g to 4g + 3) before
//                 the nibbles
//   CK_Q6_K       per 256 columns: d [32] f16, then 8 blocks of: scales [2][32] i8 (16 columns
//                 each), upper bits [2][32][4] (two bits for each g of 4), nibbles; w = d scale
//                 (q - 32)
//
// Every part starts on a cache line. Inputs of the integer types are quantised to 8 bits with one
// scale for 32 columns; products are summed exactly in 32 bits within a scale, and scales are
// applied in order of the columns. So a row of y depends only on its row of x.
//
// CK_AMX multiplies 12 and more rows in tile registers instead, in every type but CK_F32: inputs of
// the integer types and their weights are rounded to bf16 (8 bits of significand each), floats to 16
// bits. A row of y then still depends only on its row of x, and on whether m is below 12.
#ifndef CK_MATRIX_H
#define CK_MATRIX_H

#include <stddef.h>

#include "ck_isa.h"

enum { CK_TILE = 32 };

typedef int ck_matrix_type;
enum {
    CK_F32, CK_F16, CK_BF16,
    CK_Q8_0, CK_Q8_1, CK_Q4_0, CK_Q4_K, CK_Q5_K, CK_Q6_K,
};

static inline int ck_is_float(ck_matrix_type type) { return type <= CK_BF16; }

// Bytes of a packed tile. `columns` is a multiple of ck_column_unit(type): 1, 32 or 256.
size_t ck_tile_bytes(ck_matrix_type type, long columns);
long ck_column_unit(ck_matrix_type type);

// How rows are stored before packing: floats, or blocks as in ggml.
typedef int ck_stored_type;
enum {
    CK_STORED_F32, CK_STORED_F16, CK_STORED_BF16,
    CK_STORED_Q8_0, CK_STORED_Q4_0, CK_STORED_Q4_1, CK_STORED_Q5_0, CK_STORED_Q5_1,
    CK_STORED_Q4_K, CK_STORED_Q5_K, CK_STORED_Q6_K,
};

// The packed type that holds the stored one exactly.
ck_matrix_type ck_packed_type(ck_stored_type stored);

// Packs one tile of ck_packed_type(stored). rows[r] points to a stored row, or is NULL for a row of
// zeros; r < CK_TILE. tile: ck_tile_bytes, aligned to 64 bytes.
void ck_pack_tile(ck_stored_type stored, const void *const *rows, long columns, void *tile);

// Quantises floats to ggml's blocks of 32, with ggml's rounding. count: a multiple of 32.
// q8_0: 34 bytes a block; q4_0: 18.
void ck_quantize_q8_0(const float *x, long count, void *blocks);
void ck_quantize_q4_0(const float *x, long count, void *blocks);

// Inputs prepared for products with weights of `type`: bytes for m rows; the rows that are prepared
// together; and the preparation of rows [first, last), `first` a multiple of ck_input_rows. x: these
// rows alone, [last - first, columns]. inputs: the whole array, aligned to 64 bytes.
size_t ck_input_bytes(ck_isa isa, ck_matrix_type type, long m, long columns);
long ck_input_rows(ck_isa isa, ck_matrix_type type, long m);
void ck_prepare_inputs(ck_isa isa, ck_matrix_type type, const float *x, long m, long columns,
                       long first, long last, void *inputs);

// A product of m prepared inputs and `count` rows of W, whose tiles follow each other:
// y[i, 0 .. count) = x[i] . W^T + bias, added to what y holds with `add`. With `up`, the tiles of as
// many rows U of the same type, y = silu(x . W^T) * (x . U^T); bias is NULL then and `add` 0.
typedef struct {
    ck_matrix_type type;
    const void *tiles, *up;  // up: or NULL
    const void *inputs;
    const float *bias;  // [count] or NULL
    float *y;           // row stride `stride` floats
    long columns, m, count, stride;
    long first, last;   // rows of y to compute: all, or a block of ck_block_rows
    int add;
} ck_product;

// Weights are read once for a block of rows. Returns 0, or -1 when memory runs out.
int ck_multiply_tiles(ck_isa isa, const ck_product *p);

// Rows of a block, of which a call may compute one alone (the last may be shorter); m or more where they
// are not cut.
long ck_block_rows(ck_isa isa, ck_matrix_type type, long m);

// 1 where m inputs are multiplied in tile registers, else 0.
int ck_uses_tiles(ck_isa isa, ck_matrix_type type, long m);

// Tiles that one call should be given where there are enough for all threads, because they share
// what is fetched of the inputs.
long ck_tiles_at_once(ck_isa isa, ck_matrix_type type, long m);

#endif
