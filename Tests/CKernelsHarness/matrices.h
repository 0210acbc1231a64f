// Packed matrices and their products for the tests.
#ifndef MATRICES_H
#define MATRICES_H

#include "ck_matrix.h"

typedef struct {
    ck_type type;
    ck_layout layout;
    long rows, columns;
    float *floats;  // [rows, columns], as the type holds them
    char *bands;
} matrix;

// `floats` [rows, columns] in a type that ck_encode makes.
matrix encoded(ck_type type, const float *floats, long rows, long columns);

// Blocks whose scales are small halves: of random bytes, or of one byte where it is not negative.
matrix made_up_blocks(ck_type type, long rows, long columns, int byte);

void release(matrix w);

// How a product is asked for.
typedef struct {
    const float *bias;
    const matrix *up;
    int add, in_parts;  // in_parts: inputs and bands one call each, as threads share them out
} manner;

// y [m, rows] = the kernels' product of x [m, columns], or what it adds to y.
void multiply(const matrix *w, const float *x, long m, manner how, float *y);

// The same in double precision, of inputs in double precision.
void textbook(const matrix *w, const double *x, const float *bias, long m, float *y);

// x as the kernels of a matrix see it: in the integer layouts every 32 columns have 255 levels.
double *inputs_of(const matrix *w, const float *x, long count);

#endif
