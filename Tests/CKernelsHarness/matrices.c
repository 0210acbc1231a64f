#include "matrices.h"

#include <math.h>
#include <stdlib.h>

#include "harness.h"

static matrix pack(ck_type type, const char *stored, long rows, long columns) {
    const ck_type_row *row = ck_type_at(type);
    const long row_bytes = columns / row->block * row->bytes,
               bands = (rows + CK_BAND - 1) / CK_BAND;
    matrix w = {.type = type, .layout = row->layout, .rows = rows, .columns = columns};
    const long band_bytes = (long)ck_band_bytes(w.layout, columns);
    w.floats = memory(4 * rows * columns);
    w.bands = memory(bands * band_bytes);
    ck_decode(type, stored, rows * columns, w.floats);
    for (long band = 0; band < bands; band++) {
        const void *pointers[CK_BAND];
        for (long r = 0; r < CK_BAND; r++) {
            const long at = band * CK_BAND + r;
            pointers[r] = at < rows ? stored + at * row_bytes : NULL;
        }
        expect(ck_pack_band(type, pointers, columns, w.bands + band * band_bytes), 0, "packing %s",
               row->name);
    }
    return w;
}

void release(matrix w) { free(w.floats), free(w.bands); }

matrix encoded(ck_type type, const float *floats, long rows, long columns) {
    char *stored = memory(rows * columns * 4);
    ck_encode(type, floats, rows * columns, stored);
    const matrix w = pack(type, stored, rows, columns);
    free(stored);
    return w;
}

matrix made_up_blocks(ck_type type, long rows, long columns, int byte) {
    const ck_type_row *row = ck_type_at(type);
    const long count = rows * columns / row->block;
    char *stored = memory(count * row->bytes);
    for (long block = 0; block < count; block++) {
        char *bytes = stored + block * row->bytes;
        for (int i = 0; i < row->bytes; i++)
            bytes[i] = (char)(byte >= 0 ? byte : (int)(random_float() * 1000));
        const int offsets[] = {row->scale, row->minimum};
        for (int i = 0; i < 2; i++) {
            const float scale = random_float() / 100;
            if (offsets[i] >= 0) ck_encode(CK_TYPE_F16, &scale, 1, bytes + offsets[i]);
        }
    }
    const matrix w = pack(type, stored, rows, columns);
    free(stored);
    return w;
}

void multiply(const matrix *w, const float *x, long m, manner how, float *y) {
    char *inputs = memory((long)ck_input_bytes(isa, w->layout, m, w->columns));
    const long unit = how.in_parts ? ck_input_rows(isa, w->layout, m) : m;
    for (long first = 0; first < m; first += unit)
        ck_prepare_inputs(isa, w->layout, x + first * w->columns, m, w->columns, first,
                          first + unit < m ? first + unit : m, inputs);
    const long step = how.in_parts ? CK_BAND : w->rows;
    for (long row = 0; row < w->rows; row += step) {
        const size_t at = (size_t)(row / CK_BAND) * ck_band_bytes(w->layout, w->columns);
        const ck_product p = {.layout = w->layout,
                              .bands = w->bands + at,
                              .up = how.up ? how.up->bands + at : NULL,
                              .inputs = inputs,
                              .bias = how.bias ? how.bias + row : NULL,
                              .y = y + row,
                              .columns = w->columns,
                              .m = m,
                              .count = row + step < w->rows ? step : w->rows - row,
                              .stride = w->rows,
                              .first = 0,
                              .last = m,
                              .add = how.add};
        expect(ck_multiply(isa, &p), 0, "memory of a product");
    }
    free(inputs);
}

void textbook(const matrix *w, const double *x, const float *bias, long m, float *y) {
    for (long i = 0; i < m; i++)
        for (long r = 0; r < w->rows; r++) {
            double sum = bias ? bias[r] : 0;
            for (long c = 0; c < w->columns; c++)
                sum += x[i * w->columns + c] * w->floats[r * w->columns + c];
            y[i * w->rows + r] = (float)sum;
        }
}

double *inputs_of(const matrix *w, const float *x, long count) {
    double *rounded = memory(8 * count);
    for (long i = 0; i < count; i++) rounded[i] = x[i];
    for (long block = 0; block < count && !ck_is_float(w->layout); block += 32) {
        float largest = 0;
        for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf(x[block + i]));
        for (int i = 0; i < 32 && largest > 0; i++)
            rounded[block + i] =
                (double)nearbyintf(x[block + i] * (127 / largest)) * (double)(largest / 127);
    }
    return rounded;
}
