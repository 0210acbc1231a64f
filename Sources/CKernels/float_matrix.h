// ck_matrix.h for one instruction set. The register tile is TILE_ROWS rows by two vectors; it also
// serves attention.
#include "float_vector.h"

// Weights of a tile that are converted to floats at a time: 64 KiB of stack.
enum { PANEL = 512 };

// c[m][2 LANES] (row stride `stride`) = (keep ? c : 0) + sum over i of a(m, i) * b[i][2 LANES], with
// a(m, i) = a[m * am + i * ai] and b's row stride bi. `rows` is a constant where this is inlined.
INLINE void multiply_rows(const int rows, long count, const float *a, long am, long ai,
                          const float *b, long bi, float *c, long stride, int keep) {
    vf sum[TILE_ROWS][2];
    for (int m = 0; m < rows; m++)
        for (int j = 0; j < 2; j++)
            sum[m][j] = keep ? load(c + m * stride + j * LANES) : (vf){0};
    for (long i = 0; i < count; i++) {
        vf b0 = load(b), b1 = load(b + LANES);
        for (int m = 0; m < rows; m++) {
            float x = a[m * am + i * ai];
            sum[m][0] += x * b0;
            sum[m][1] += x * b1;
        }
        b += bi;
    }
    for (int m = 0; m < rows; m++)
        for (int j = 0; j < 2; j++) store(c + m * stride + j * LANES, sum[m][j]);
}

INLINE void multiply_tile(int rows, long count, const float *a, long am, long ai, const float *b,
                          long bi, float *c, long stride, int keep) {
    switch (rows) {
#define ROWS(n)                                                                                    \
    case n:                                                                                        \
        multiply_rows(n, count, a, am, ai, b, bi, c, stride, keep);                                \
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

INLINE vf load_element(const ck_float_type type, const void *p, long i) {
    if (type == CK_F32) return load((const float *)p + i);
    if (type == CK_F16) return load_f16((const uint16_t *)p + i);
    return load_bf16((const uint16_t *)p + i);
}

INLINE void gemv(const ck_float_type type, const char *tile, long columns, const float *x,
                 const float *bias, long count, float *y) {
    enum { VECTORS = CK_TILE / LANES };
    const int bytes = type == CK_F32 ? 4 : 2;
    float start[CK_TILE] = {0};
    if (bias) memcpy(start, bias, sizeof(float) * (size_t)count);
    vf sum[VECTORS];
    for (int j = 0; j < VECTORS; j++) sum[j] = load(start + j * LANES);
    for (long i = 0; i < columns; i++) {
        __builtin_prefetch(tile + 4096);
        if (type == CK_F32) __builtin_prefetch(tile + 4096 + 64);
        for (int j = 0; j < VECTORS; j++) sum[j] += x[i] * load_element(type, tile, j * LANES);
        tile += CK_TILE * bytes;
    }
    for (int j = 0; j < VECTORS; j++) store(start + j * LANES, sum[j]);
    memcpy(y, start, sizeof(float) * (size_t)count);
}

static void gemv_tile(ck_float_type type, const void *tile, long columns, const float *x,
                      const float *bias, long count, float *y) {
    if (type == CK_F32) gemv(CK_F32, tile, columns, x, bias, count, y);
    else if (type == CK_F16) gemv(CK_F16, tile, columns, x, bias, count, y);
    else gemv(CK_BF16, tile, columns, x, bias, count, y);
}

// The panel's weights as floats: the tile's own memory when they are, else a converted copy.
INLINE const float *float_panel(ck_float_type type, const void *tile, long first, long count,
                                float *copy) {
    if (type == CK_F32) return (const float *)tile + first * CK_TILE;
    const uint16_t *source = (const uint16_t *)tile + first * CK_TILE;
    if (type == CK_F16)
        for (long i = 0; i < count * CK_TILE; i += LANES) store(copy + i, load_f16(source + i));
    else
        for (long i = 0; i < count * CK_TILE; i += LANES) store(copy + i, load_bf16(source + i));
    return copy;
}

static void gemm_whole(ck_float_type type, const void *tile, long columns, const float *packed,
                       long m, float *y, long stride) {
    _Alignas(64) float copy[PANEL * CK_TILE];
    for (long first = 0; first < columns; first += PANEL) {
        long count = columns - first < PANEL ? columns - first : PANEL;
        const float *panel = float_panel(type, tile, first, count, copy);
        for (long row = 0; row < m; row += TILE_ROWS) {
            int rows = m - row < TILE_ROWS ? (int)(m - row) : TILE_ROWS;
            const float *a = packed + row * columns + first * TILE_ROWS;
            for (int j = 0; j < CK_TILE; j += 2 * LANES)
                multiply_tile(rows, count, a, 1, TILE_ROWS, panel + j, CK_TILE,
                              y + row * stride + j, stride, 1);
        }
    }
}

static void gemm_tile(ck_float_type type, const void *tile, long columns, const float *packed,
                      long m, const float *bias, long count, float *y, long stride) {
    float start[CK_TILE] = {0};
    if (bias) memcpy(start, bias, sizeof(float) * (size_t)count);
    if (count == CK_TILE) {
        for (long i = 0; i < m; i++) memcpy(y + i * stride, start, sizeof start);
        gemm_whole(type, tile, columns, packed, m, y, stride);
        return;
    }
    // The last tile of a matrix whose rows are no multiple of 32: in pieces, through a buffer.
    enum { PIECE = 8 * TILE_ROWS };
    float buffer[PIECE * CK_TILE];
    for (long row = 0; row < m; row += PIECE) {
        long rows = m - row < PIECE ? m - row : PIECE;
        for (long i = 0; i < rows; i++) memcpy(buffer + i * CK_TILE, start, sizeof start);
        gemm_whole(type, tile, columns, packed + row * columns, rows, buffer, CK_TILE);
        for (long i = 0; i < rows; i++)
            memcpy(y + (row + i) * stride, buffer + i * CK_TILE, sizeof(float) * (size_t)count);
    }
}
