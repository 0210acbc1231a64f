// ck_matrix.h against products in double precision.
#include <math.h>
#include <stdlib.h>

#include "harness.h"
#include "matrices.h"

// Inputs for `layout`. Those of integer layouts lie well inside one of the 255 levels, so that it does
// not matter whether a product and a sum are rounded together.
static float *random_inputs(ck_layout layout, long count) {
    float *x = random_floats(count, 1);
    for (long i = 0; i < count && !ck_is_float(layout); i++)
        x[i] = i % 32 ? (roundf(x[i] * 126) + 0.4f * random_float()) / 127 : 1;
    return x;
}

// For each number of inputs: the result is right, and parts give the same bits.
static void check_product(const matrix *w, const float *bias, const long *counts, int cases,
                          double tolerance, int is_relative) {
    const long most = counts[cases - 1], size = most * w->rows;
    float *x = random_inputs(w->layout, most * w->columns), *y = memory(4 * size),
          *parts = memory(4 * size);
    float *expected = memory(4 * size);
    double *inputs = inputs_of(w, x, most * w->columns), scale = is_relative ? 0 : 1;
    textbook(w, inputs, bias, most, expected);
    for (long i = 0; i < size && is_relative; i++) scale = fmax(scale, fabs((double)expected[i]));
    for (int i = 0; i < cases; i++) {
        const long m = counts[i];
        multiply(w, x, m, (manner){.bias = bias}, y);
        multiply(w, x, m, (manner){.bias = bias, .in_parts = 1}, parts);
        expect(largest_difference(y, expected, m * w->rows), tolerance * scale,
               "%ld x %ld x %ld, %s", m, w->rows, w->columns, ck_type_at(w->type)->name);
        expect(largest_difference(y, parts, m * w->rows), 0, "parts of %ld x %ld x %ld, %s", m,
               w->rows, w->columns, ck_type_at(w->type)->name);
    }
    free(x), free(y), free(parts), free(expected), free(inputs);
}

static void check_addition(ck_type type, int is_biased) {
    float *floats = random_floats(70 * 96, 1), *bias = random_floats(70, 1);
    const matrix w = encoded(type, floats, 70, 96);
    const long counts[] = {1, 7, 26, 45};
    for (int i = 0; i < 4; i++) {
        const long m = counts[i], size = m * 70;
        float *x = random_floats(m * 96, 1), *y = random_floats(size, 1),
              *product = memory(4 * size);
        manner how = {.bias = is_biased ? bias : NULL};
        multiply(&w, x, m, how, product);
        for (long j = 0; j < size; j++) product[j] += y[j];
        how.add = 1;
        multiply(&w, x, m, how, y);
        expect(largest_difference(y, product, size), 8e-6, "adding %ld, %s", m,
               ck_type_at(type)->name);
        free(x), free(y), free(product);
    }
    free(floats), free(bias), release(w);
}

static void check_gate(ck_type type, long rows, long columns) {
    float *g = random_floats(rows * columns, 1), *u = random_floats(rows * columns, 1);
    const matrix gate = encoded(type, g, rows, columns), up = encoded(type, u, rows, columns);
    const long counts[] = {1, 7, 26, 75};
    for (int i = 0; i < 4; i++) {
        const long m = counts[i], size = m * rows;
        float *x = random_floats(m * columns, 1), *a = memory(4 * size), *b = memory(4 * size);
        multiply(&gate, x, m, (manner){0}, a);
        multiply(&up, x, m, (manner){0}, b);
        for (long j = 0; j < size; j++) a[j] = (float)(a[j] / (1 + exp(-(double)a[j])) * b[j]);
        multiply(&gate, x, m, (manner){.up = &up}, b);
        double most = 1;
        for (long j = 0; j < size; j++) most = fmax(most, fabs((double)a[j]));
        expect(largest_difference(b, a, size), 1e-6 * most, "gate of %ld, %s", m,
               ck_type_at(type)->name);
        free(x), free(a), free(b);
    }
    free(g), free(u), release(gate), release(up);
}

// A row of the result has the same bits whatever rows are beside it.
static void check_rows(const matrix *w) {
    enum { MOST = 15 };
    float *x = random_floats(MOST * w->columns, 1), *together = memory(4 * MOST * w->rows);
    float *y = memory(4 * MOST * w->rows);
    multiply(w, x, MOST, (manner){0}, together);
    for (long m = 1; m < MOST; m++) {
        multiply(w, x, m, (manner){0}, y);
        expect(largest_difference(y, together, m * w->rows), 0, "first %ld of %d rows, %s", m, MOST,
               ck_type_at(w->type)->name);
    }
    for (long i = 0; i < MOST; i++) {
        multiply(w, x + i * w->columns, 1, (manner){0}, y);
        expect(largest_difference(y, together + i * w->rows, w->rows), 0, "row %ld alone, %s", i,
               ck_type_at(w->type)->name);
    }
    free(x), free(together), free(y);
}

// Inputs are multiplied in blocks of at most 256, weights in panels of at most 512 columns: whole ones and
// rests of both. Sums of 1280 products of numbers up to 1 reach 60, where each addition rounds by up to 2e-6:
// in 37 thousand of them a float sum has been seen to differ by 1.1e-4.
static void check_many_inputs(void) {
    const ck_type types[] = {CK_TYPE_F16, CK_TYPE_Q4_0, CK_TYPE_Q8_0, CK_TYPE_Q4_K};
    const long counts[] = {256, 530};
    for (int t = 0; t < 4; t++) {
        float *floats = random_floats(70 * 1280, 1);
        const int is_float = ck_is_float(ck_type_at(types[t])->layout);
        const matrix w =
            is_float ? encoded(types[t], floats, 70, 1280) : made_up_blocks(types[t], 70, 1280, -1);
        check_product(&w, NULL, counts, 2, is_float ? 2e-4 : 1e-5, !is_float);
        free(floats), release(w);
    }
}

// The largest numbers of every sign: sums that the kernels keep in 16 bits must hold them.
static void check_extremes(ck_type type) {
    enum { ROWS = 33, COLUMNS = 512, MOST = 30 };
    const int bytes[] = {0x00, 0x7f, 0x80, 0xff}, counts[] = {1, 7, MOST};
    float *x = memory(4 * MOST * COLUMNS), *y = memory(4 * MOST * ROWS);
    float *expected = memory(4 * MOST * ROWS);
    for (int i = 0; i < MOST * COLUMNS; i++) x[i] = i / COLUMNS % 2 ? -1 : 1;
    for (int b = 0; b < 4; b++) {
        const matrix w = made_up_blocks(type, ROWS, COLUMNS, bytes[b]);
        double *inputs = inputs_of(&w, x, MOST * COLUMNS), scale = 0;
        textbook(&w, inputs, NULL, MOST, expected);
        for (int i = 0; i < MOST * ROWS; i++) scale = fmax(scale, fabs((double)expected[i]));
        for (int i = 0; i < 3; i++) {
            multiply(&w, x, counts[i], (manner){0}, y);
            expect(largest_difference(y, expected, counts[i] * ROWS), 1e-5 * scale,
                   "%d inputs by bytes of %d, %s", counts[i], bytes[b], ck_type_at(type)->name);
        }
        free(inputs), release(w);
    }
    free(x), free(y), free(expected);
}

void check_float_products(void) {
    const long shapes[][2] = {{1, 1}, {31, 5}, {32, 64}, {33, 96}, {100, 515}, {300, 70}};
    const long counts[] = {1, 2, 7, 19, 70};
    const ck_type types[] = {CK_TYPE_F32, CK_TYPE_F16, CK_TYPE_BF16};
    for (int t = 0; t < 3; t++)
        for (int s = 0; s < 6; s++) {
            const long rows = shapes[s][0], columns = shapes[s][1];
            float *floats = random_floats(rows * columns, 1), *bias = random_floats(rows, 1);
            // Multiples of 1/64 are exact in every float type.
            for (long i = 0; i < rows * columns; i++) floats[i] = roundf(floats[i] * 64) / 64;
            const matrix w = encoded(types[t], floats, rows, columns);
            check_product(&w, bias, counts, 5, 5e-5, 0);
            check_rows(&w);
            free(floats), free(bias), release(w);
        }
    for (int is_biased = 0; is_biased < 2; is_biased++) {
        check_addition(CK_TYPE_F32, is_biased);
        check_addition(CK_TYPE_F16, is_biased);
        check_addition(CK_TYPE_Q8_0, is_biased);
    }
    const ck_type gated[] = {CK_TYPE_F32, CK_TYPE_F16, CK_TYPE_Q8_0, CK_TYPE_Q4_0};
    for (int t = 0; t < 4; t++) check_gate(gated[t], 70, 96), check_gate(gated[t], 320, 1088);
}

void check_integer_products(void) {
    const long shapes[][2] = {{1, 256}, {33, 512}, {70, 1280}}, counts[] = {1, 2, 7, 30, 67};
    for (ck_type type = 0; type < CK_TYPE_COUNT; type++) {
        const ck_layout layout = ck_type_at(type)->layout;
        if (layout == CK_LAYOUT_NONE || ck_is_float(layout)) continue;
        check_extremes(type);
        for (int s = 0; s < 3; s++) {
            const matrix w = made_up_blocks(type, shapes[s][0], shapes[s][1], -1);
            check_product(&w, NULL, counts, 5, 1e-5, 1);
            check_rows(&w);
            release(w);
        }
    }
    check_many_inputs();
    for (long columns = 32; columns < 192; columns += 64)
        for (int t = 0; t < 2; t++) {
            float *floats = random_floats(40 * columns, 1);
            const matrix w = encoded(t ? CK_TYPE_Q4_0 : CK_TYPE_Q8_0, floats, 40, columns);
            const long few[] = {1, 9};
            check_product(&w, NULL, few, 2, 1e-5, 1);
            free(floats), release(w);
        }
}
