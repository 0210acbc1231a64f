// ck_matrix.h for one instruction set. The register tile is TILE_ROWS rows by two vectors; it also
// serves attention.
#include "fetch_ahead.h"
#include "float_vector.h"

// Weights of a tile that are converted to floats at a time: 32 KiB of stack.
enum { PANEL = 256 };

INLINE vf load_element(const ck_matrix_type type, const void *p, long i) {
    if (type == CK_F32) return load((const float *)p + i);
    if (type == CK_F16) return load_f16((const uint16_t *)p + i);
    return load_bf16((const uint16_t *)p + i);
}

// c[m][2 LANES] (row stride `stride`) = (keep ? c : 0) + sum over i of a(m, i) * b[i][2 LANES], with
// a(m, i) = a[m * am + i * ai] and b's row stride bi. `rows` is a constant where this is inlined.
INLINE void multiply_rows(const ck_matrix_type type, const int rows, long count, const float *a,
                          long am, long ai, const void *b, long bi, float *c, long stride,
                          int keep) {
    vf sum[TILE_ROWS][2];
    for (int m = 0; m < rows; m++)
        for (int j = 0; j < 2; j++)
            sum[m][j] = keep ? load(c + m * stride + j * LANES) : (vf){0};
    for (long i = 0; i < count; i++) {
        vf b0 = load_element(type, b, i * bi), b1 = load_element(type, b, i * bi + LANES);
        for (int m = 0; m < rows; m++) {
            float x = a[m * am + i * ai];
            sum[m][0] += x * b0;
            sum[m][1] += x * b1;
        }
    }
    for (int m = 0; m < rows; m++)
        for (int j = 0; j < 2; j++) store(c + m * stride + j * LANES, sum[m][j]);
}

INLINE void multiply_tile(const ck_matrix_type type, int rows, long count, const float *a, long am,
                          long ai, const void *b, long bi, float *c, long stride, int keep) {
    switch (rows) {
#define ROWS(n)                                                                                    \
    case n:                                                                                        \
        multiply_rows(type, n, count, a, am, ai, b, bi, c, stride, keep);                          \
        break;
        ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#if TILE_ROWS > 4
        ROWS(5) ROWS(6)
#endif
#if TILE_ROWS > 6
        ROWS(7) ROWS(8)
#endif
#undef ROWS
    }
}

INLINE void gemv(const ck_matrix_type type, const char *tile, long columns, const float *x,
                 float *y) {
    enum { VECTORS = CK_TILE / LANES };
    const int bytes = type == CK_F32 ? 4 : 2;
    vf sum[VECTORS];
    for (int j = 0; j < VECTORS; j++) sum[j] = load(y + j * LANES);
    for (long i = 0; i < columns; i++) {
        fetch_ahead(tile, CK_TILE * bytes);
        for (int j = 0; j < VECTORS; j++) sum[j] += x[i] * load_element(type, tile, j * LANES);
        tile += CK_TILE * bytes;
    }
    for (int j = 0; j < VECTORS; j++) store(y + j * LANES, sum[j]);
}

// Converts a panel of weights to floats.
INLINE void convert_panel(const ck_matrix_type type, const uint16_t *panel, long count,
                          float *copy) {
    for (long i = 0; i < count * CK_TILE; i += LANES) store(copy + i, load_element(type, panel, i));
}

// Inputs as panels of TILE_ROWS rows, [columns][TILE_ROWS]; a single row stays as it is.
static void prepare_floats(const float *x, long m, long columns, long first, long last,
                           float *inputs) {
    if (m == 1) {
        memcpy(inputs, x, sizeof(float) * (size_t)columns);
        return;
    }
    for (; first < last; first += TILE_ROWS) {
        float *y = inputs + first * columns;
        for (long r = 0; r < TILE_ROWS; r++)
            for (long i = 0; i < columns; i++)
                y[i * TILE_ROWS + r] = first + r < m ? x[r * columns + i] : 0;
        x += TILE_ROWS * columns;
    }
}

// y[m][CK_TILE] (row stride `stride`) += the products of one panel.
INLINE void add_panel(const ck_matrix_type type, const void *panel, long columns, long first,
                      long count, const float *inputs, long m, float *y, long stride) {
    const int bytes = type == CK_F32 ? 4 : 2;
    for (long row = 0; row < m; row += TILE_ROWS) {
        int rows = m - row < TILE_ROWS ? (int)(m - row) : TILE_ROWS;
        const float *a = inputs + row * columns + first * TILE_ROWS;
        for (int j = 0; j < CK_TILE; j += 2 * LANES)
            multiply_tile(type, rows, count, a, 1, TILE_ROWS, (const char *)panel + j * bytes,
                          CK_TILE, y + row * stride + j, stride, 1);
    }
}

INLINE void add_floats(const ck_matrix_type type, const char *tile, long columns,
                       const float *inputs, long m, float *y, long stride) {
    const int bytes = type == CK_F32 ? 4 : 2;
    _Alignas(64) float copy[PANEL * CK_TILE];
    for (long first = 0; first < columns; first += PANEL) {
        long count = columns - first < PANEL ? columns - first : PANEL;
        const void *panel = tile + first * CK_TILE * bytes;
        // Few inputs convert the weights on the way; many share one conversion.
        if (type == CK_F32 || m <= 2 * TILE_ROWS) {
            add_panel(type, panel, columns, first, count, inputs, m, y, stride);
            continue;
        }
        convert_panel(type, panel, count, copy);
        add_panel(CK_F32, copy, columns, first, count, inputs, m, y, stride);
    }
}

// y[m][CK_TILE] (row stride `stride`) += x . W^T.
static void add_float_tile(ck_matrix_type type, const void *tile, long columns, const float *inputs,
                           long m, float *y, long stride) {
    switch (type) {
#define TYPE(t)                                                                                    \
    case t:                                                                                        \
        if (m == 1) gemv(t, tile, columns, inputs, y);                                             \
        else add_floats(t, tile, columns, inputs, m, y, stride);                                   \
        break;
        TYPE(CK_F32) TYPE(CK_F16) TYPE(CK_BF16)
#undef TYPE
    }
}
