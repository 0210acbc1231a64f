// ck_matrix.h for the float layouts and one instruction set. Attention uses the product of a strip,
// too.
#include "fetch_ahead.h"
#include "float_vector.h"
#include "panel.h"

INLINE vf load_element(const ck_layout layout, const void *p, long i) {
    if (layout == CK_LAYOUT_F32) return load((const float *)p + i);
    if (layout == CK_LAYOUT_F16) return load_f16((const uint16_t *)p + i);
    return load_bf16((const uint16_t *)p + i);
}

INLINE int element_bytes(const ck_layout layout) { return layout == CK_LAYOUT_F32 ? 4 : 2; }

// MARK: sums in registers

// c[m][2 LANES] (row stride c_row) = (keep ? c : 0) + sum over i of a(m, i) * b[i][2 LANES] for i <
// count, with a(m, i) = a[m * a_row + i * a_column] and rows of b that are b_row elements apart.
typedef struct {
    const float *a;
    long a_row, a_column;
    const void *b;
    long b_row;
    float *c;
    long c_row, count;
    int keep;
} strip_product;

// The sums of all rows stay in registers: `rows` is a constant, at most INPUT_ROWS.
INLINE void multiply_rows(const ck_layout layout, const int rows, const strip_product *p) {
    vf sum[INPUT_ROWS][2];
    for (int m = 0; m < rows; m++)
        for (int j = 0; j < 2; j++)
            sum[m][j] = p->keep ? load(p->c + m * p->c_row + j * LANES) : (vf){0};
    for (long i = 0; i < p->count; i++) {
        vf b0 = load_element(layout, p->b, i * p->b_row);
        vf b1 = load_element(layout, p->b, i * p->b_row + LANES);
        for (int m = 0; m < rows; m++) {
            float x = p->a[m * p->a_row + i * p->a_column];
            sum[m][0] += x * b0;
            sum[m][1] += x * b1;
        }
    }
    for (int m = 0; m < rows; m++)
        for (int j = 0; j < 2; j++) store(p->c + m * p->c_row + j * LANES, sum[m][j]);
}

INLINE void multiply_strip(const ck_layout layout, int rows, const strip_product *p) {
    switch (rows) {
    case 1: multiply_rows(layout, 1, p); break;
    case 2: multiply_rows(layout, 2, p); break;
    case 3: multiply_rows(layout, 3, p); break;
    case 4: multiply_rows(layout, 4, p); break;
#if INPUT_ROWS > 4
    case 5: multiply_rows(layout, 5, p); break;
    case 6: multiply_rows(layout, 6, p); break;
#endif
#if INPUT_ROWS > 6
    case 7: multiply_rows(layout, 7, p); break;
    case 8: multiply_rows(layout, 8, p); break;
#endif
    }
}

// MARK: one input

INLINE void multiply_one(const ck_layout layout, const char *band, long columns, const float *x,
                         float *sums) {
    enum { VECTORS = CK_BAND / LANES };
    const int bytes = element_bytes(layout);
    vf sum[VECTORS];
    for (int j = 0; j < VECTORS; j++) sum[j] = load(sums + j * LANES);
    for (long i = 0; i < columns; i++) {
        fetch_ahead(band, CK_BAND * bytes);
        for (int j = 0; j < VECTORS; j++) sum[j] += x[i] * load_element(layout, band, j * LANES);
        band += CK_BAND * bytes;
    }
    for (int j = 0; j < VECTORS; j++) store(sums + j * LANES, sum[j]);
}

// MARK: several inputs

// Groups of INPUT_ROWS rows, [groups][columns][INPUT_ROWS]; a single row stays as it is.
static void prepare_floats(const float *x, long m, long columns, long first, long last,
                           float *inputs) {
    if (m == 1) {
        memcpy(inputs, x, sizeof(float) * (size_t)columns);
        return;
    }
    for (; first < last; first += INPUT_ROWS) {
        float *y = inputs + first * columns;
        for (long r = 0; r < INPUT_ROWS; r++)
            for (long i = 0; i < columns; i++)
                y[i * INPUT_ROWS + r] = first + r < m ? x[r * columns + i] : 0;
        x += INPUT_ROWS * columns;
    }
}

// Columns of a band that are converted to floats at a time: 32 KiB of stack.
enum { PANEL_COLUMNS = 256 };

INLINE void convert_panel(const ck_layout layout, const uint16_t *panel, long count, float *copy) {
    for (long i = 0; i < count * CK_BAND; i += LANES)
        store(copy + i, load_element(layout, panel, i));
}

// p->sums += the products of a panel's weights, which may be converted.
INLINE void add_weights(const ck_layout layout, const void *weights, const ck_panel *p) {
    fetcher next = fetcher_of(p->next, p->next_bytes, (p->m + INPUT_ROWS - 1) / INPUT_ROWS);
    for (long row = 0; row < p->m; row += INPUT_ROWS) {
        const int rows = p->m - row < INPUT_ROWS ? (int)(p->m - row) : INPUT_ROWS;
        fetch_share(&next);
        for (int j = 0; j < CK_BAND; j += 2 * LANES) {
            const strip_product strip = {.a = (const float *)p->inputs + row * p->columns +
                                              p->first * INPUT_ROWS,
                                         .a_row = 1,
                                         .a_column = INPUT_ROWS,
                                         .b = (const char *)weights + j * element_bytes(layout),
                                         .b_row = CK_BAND,
                                         .c = p->sums + row * CK_BAND + j,
                                         .c_row = CK_BAND,
                                         .count = p->count,
                                         .keep = 1};
            multiply_strip(layout, rows, &strip);
        }
    }
}

INLINE void multiply_several(const ck_layout layout, const ck_panel *p) {
    const void *weights = (const char *)p->band + p->first * CK_BAND * element_bytes(layout);
    // For few inputs the weights are converted as they are multiplied; many inputs share one
    // conversion.
    if (layout == CK_LAYOUT_F32 || p->m <= 2 * INPUT_ROWS) {
        add_weights(layout, weights, p);
        return;
    }
    _Alignas(64) float copy[PANEL_COLUMNS * CK_BAND];
    convert_panel(layout, weights, p->count, copy);
    add_weights(CK_LAYOUT_F32, copy, p);
}

static void add_float_one(ck_layout layout, const void *band, long columns, const void *inputs,
                          float *sums) {
    switch (layout) {
#define CASE(id, bytes)                                                                            \
    case CK_LAYOUT_##id: multiply_one(CK_LAYOUT_##id, band, columns, inputs, sums); break;
        CK_FLOAT_LAYOUTS(CASE)
#undef CASE
    }
}

static void add_float_panel(ck_layout layout, const ck_panel *panel) {
    switch (layout) {
#define CASE(id, bytes)                                                                            \
    case CK_LAYOUT_##id: multiply_several(CK_LAYOUT_##id, panel); break;
        CK_FLOAT_LAYOUTS(CASE)
#undef CASE
    }
}
