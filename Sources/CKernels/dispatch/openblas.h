// Products of the float layouts with OpenBLAS (CK_OPENBLAS), for ck_matrix.h.
#ifndef OPENBLAS_H
#define OPENBLAS_H

#include "ck_matrix.h"

// Inputs that are multiplied in one call of OpenBLAS, which are prepared together.
enum { OPENBLAS_ROWS = 32 };

// 1 where m inputs are multiplied with OpenBLAS.
int uses_openblas(ck_isa isa, ck_layout layout, long m);

// Copies rows [first, last) of m; those beyond m that fill the last call become zeros.
void openblas_prepare(const float *x, long m, long columns, long first, long last, float *inputs);

// sums[m][CK_BAND] += x . W^T for a whole band. Returns 0, or -1 when memory runs out.
int openblas_add_band(ck_layout layout, const void *band, long columns, const float *inputs, long m,
                      float *sums);

#endif
