// Products of ck_matrix.h without tile registers.
#ifndef VECTOR_PRODUCT_H
#define VECTOR_PRODUCT_H

#include "ck_matrix.h"

// ck_multiply in vectors, for any layout.
int ck_multiply_in_vectors(ck_isa isa, const ck_product *p);

// ck_input_bytes of one row of several.
size_t ck_row_bytes(ck_layout layout, long columns);

#endif
