// Products with packed matrices whose weights are floats of 16 or 32 bits.
//
// Layout: W [rows, columns] is cut into tiles of 32 rows; a tile is [columns][32] elements, rows
// beyond the last are zero. So one load takes the same column of 16 rows.
#ifndef CK_MATRIX_H
#define CK_MATRIX_H

#include "ck_isa.h"

enum { CK_TILE = 32 };

typedef int ck_float_type;
enum { CK_F32 = 0, CK_F16 = 1, CK_BF16 = 2 };

// Bytes of an element.
int ck_float_bytes(ck_float_type type);

// Packs one tile. rows[r] points to a row of `columns` elements of `type`, or is NULL for a row of
// zeros; r < CK_TILE. tile: columns * CK_TILE elements.
void ck_pack_tile(ck_float_type type, const void *const *rows, long columns, void *tile);

// y[first .. first + count) = x . W^T + bias for the rows of one tile. tile: [columns][32];
// bias [count] or NULL; count <= CK_TILE.
void ck_gemv_tile(ck_isa isa, ck_float_type type, const void *tile, long columns, const float *x,
                  const float *bias, long count, float *y);

// Floats that ck_pack_inputs writes for m rows.
long ck_packed_inputs(ck_isa isa, long m, long columns);

// Rearranges rows [first, last) of x [m, columns] for ck_gemm_tile. `first` is a multiple of
// ck_input_rows(isa). packed: the whole array, of ck_packed_inputs floats.
int ck_input_rows(ck_isa isa);
void ck_pack_inputs(ck_isa isa, const float *x, long m, long columns, long first, long last,
                    float *packed);

// y[i, 0 .. count) = x[i] . W^T + bias for all m rows and the rows of one tile. y: row stride
// `stride` floats. Every sum runs over the columns in order, so a row's result depends neither on m
// nor on the tile's neighbours and equals ck_gemv_tile's bit for bit.
void ck_gemm_tile(ck_isa isa, ck_float_type type, const void *tile, long columns,
                  const float *packed, long m, const float *bias, long count, float *y, long stride);

#endif
