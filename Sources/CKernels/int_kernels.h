// The integer types of ck_matrix.h for one instruction set.
//
// A register tile is `rows` inputs by STRIP vectors of weights' rows. A single input reads the
// packed blocks directly; several read a panel of blocks that was unpacked to bytes and float
// scales once, and stays in the first-level cache while all inputs pass.
#include "fetch_ahead.h"
#include "int_blocks.h"
#include "int_dot.h"

// An unpacked block. `minima` only where the type has them; `scales[1]` only where 16 columns share
// a scale.
typedef struct {
    _Alignas(64) uint8_t bytes[BYTES];
    float scales[2][CK_TILE];
    float minima[CK_TILE];
} panel_block;

// FEW: register tiles of inputs for which unpacking costs more than it saves.
enum { PANEL_BLOCKS = 16, UNPACKED = -1, FEW = 4 };

// An unpacked block is the panel's, a packed one where int_blocks.h says.
INLINE place place_in(const ck_matrix_type type, const uint8_t *tile, long b) {
    return type == UNPACKED ? (place){0, tile + b * (long)sizeof(panel_block)} : place_of(type, tile, b);
}

INLINE vb shift_right(vb v, const int bits) { return (vb)((vs)v >> bits); }

INLINE vb nibble(const uint8_t *nibbles, const int g, const int v) {
    vb both = load_bytes(nibbles + (g & 3) * 4 * CK_TILE + v * 4 * LANES);
    return (g < 4 ? both : shift_right(both, 4)) & 15;
}

// Bits of `mask` (above the nibble) from an array of upper bits, `shift` places away from theirs.
INLINE vb upper(const uint8_t *bits, const int v, const int shift, const uint8_t mask) {
    vb all = load_bytes(bits + v * 4 * LANES);
    return (shift < 0 ? (vb)((vs)all << -shift) : shift_right(all, shift)) & mask;
}

// Columns 4 g to 4 g + 3 of the v-th vector of rows, unsigned.
INLINE vb weights_of(const ck_matrix_type type, place p, const int g, const int v) {
    const uint8_t *b = p.block;
    switch (type) {
    case CK_Q8_0: return load_bytes(b + HALVES + g * 4 * CK_TILE + v * 4 * LANES);
    case CK_Q8_1: return load_bytes(b + 2 * HALVES + g * 4 * CK_TILE + v * 4 * LANES);
    case CK_Q4_0: return nibble(b + HALVES, g, v);
    case CK_Q4_K: return nibble(b + K_SCALES, g, v);
    case CK_Q5_K: return nibble(b + K_SCALES + 4 * CK_TILE, g, v) | upper(b + K_SCALES, v, g - 4, 0x10);
    case CK_Q6_K:
        return nibble(b + K_SCALES + 8 * CK_TILE, g, v) |
               upper(b + K_SCALES + g / 4 * 4 * CK_TILE, v, 2 * (g & 3) - 4, 0x30);
    default: return load_bytes(b + g * 4 * CK_TILE + v * 4 * LANES);
    }
}

INLINE vf scales_of(const ck_matrix_type type, place p, const int half, const int v) {
    switch (type) {
    case CK_Q4_K:
    case CK_Q5_K: return load_f16(p.header + 2 * v * LANES) * load_u8(p.block + v * LANES);
    case CK_Q6_K:
        return load_f16(p.header + 2 * v * LANES) *
               load_i8((const int8_t *)p.block + half * CK_TILE + v * LANES);
    case UNPACKED: return load(((const panel_block *)p.block)->scales[half] + v * LANES);
    default: return load_f16(p.block + 2 * v * LANES);
    }
}

// What a sum of inputs is multiplied with; the K types subtract it.
INLINE vf minima_of(const ck_matrix_type type, place p, const int v) {
    if (type == UNPACKED) return load(((const panel_block *)p.block)->minima + v * LANES);
    if (type == CK_Q8_1) return load_f16(p.block + HALVES + 2 * v * LANES);
    return -load_f16(p.header + HALVES + 2 * v * LANES) * load_u8(p.block + CK_TILE + v * LANES);
}

// y[rows][strip] += the products of `blocks` blocks. `type`: where weights come from; `kind`: what
// they are. inputs: [blocks][INPUT_WORDS][layout], see prepare.
INLINE void add_strip(const ck_matrix_type type, const ck_matrix_type kind, const int rows,
                      const int layout, const int strip, const uint8_t *tile, long first,
                      long blocks, const int v0, const int32_t *inputs, float *y, long stride) {
    const int halves = kind == CK_Q6_K ? 2 : 1, wide = kind == CK_Q8_0 || kind == CK_Q8_1;
    vf sum[INPUT_ROWS][CK_TILE / LANES];
    for (int m = 0; m < rows; m++)
        for (int v = 0; v < strip; v++) sum[m][v] = load(y + m * stride + (v0 + v) * LANES);
    for (long b = 0; b < blocks; b++) {
        place p = place_in(type, tile, first + b);
        const int32_t *in = inputs + b * INPUT_WORDS * layout;
        const float *scale = (const float *)in + 10 * layout, *scaled_sum = scale + layout;
        if (type != UNPACKED) fetch_ahead(p.block, block_bytes(type));
        // A group's header lies between the blocks of two groups, where nothing else fetches it.
        if (type >= CK_Q4_K && (first + b) % 8 == 0) fetch_ahead(p.header, header_bytes(type));
#pragma clang loop unroll(full)
        for (int half = 0; half < halves; half++) {
            vi acc[INPUT_ROWS][CK_TILE / LANES];
            for (int m = 0; m < rows; m++)
                for (int v = 0; v < strip; v++)
                    acc[m][v] = in[(8 + half) * layout + m] - (vi){0};
#pragma clang loop unroll(full)
            for (int g = half * 4; g < (half + 1) * 8 / halves; g++) {
                vb w[CK_TILE / LANES];
                for (int v = 0; v < strip; v++) w[v] = weights_of(type, p, g, v0 + v);
                for (int m = 0; m < rows; m++)
                    for (int v = 0; v < strip; v++)
                        acc[m][v] = dot(acc[m][v], w[v], in[g * layout + m], wide);
            }
            for (int v = 0; v < strip; v++) {
                vf s = scales_of(type, p, half, v0 + v);
                for (int m = 0; m < rows; m++)
                    sum[m][v] += __builtin_convertvector(acc[m][v], vf) * (s * scale[m]);
            }
        }
        if (has_minima(kind))
            for (int v = 0; v < strip; v++) {
                vf low = minima_of(type, p, v0 + v);
                for (int m = 0; m < rows; m++) sum[m][v] += low * scaled_sum[m];
            }
    }
    for (int m = 0; m < rows; m++)
        for (int v = 0; v < strip; v++) store(y + m * stride + (v0 + v) * LANES, sum[m][v]);
}

INLINE void unpack(const ck_matrix_type type, const uint8_t *tile, long first, long count,
                   panel_block *panel) {
    for (long b = 0; b < count; b++) {
        place p = place_of(type, tile, first + b);
        for (int v = 0; v < CK_TILE / LANES; v++) {
#pragma clang loop unroll(full)
            for (int g = 0; g < 8; g++)
                *(vb_bytes *)(panel[b].bytes + g * 4 * CK_TILE + v * 4 * LANES) =
                    weights_of(type, p, g, v);
            store(panel[b].scales[0] + v * LANES, scales_of(type, p, 0, v));
            if (type == CK_Q6_K) store(panel[b].scales[1] + v * LANES, scales_of(type, p, 1, v));
            if (has_minima(type)) store(panel[b].minima + v * LANES, minima_of(type, p, v));
        }
    }
}

INLINE void add_rows(const ck_matrix_type type, const ck_matrix_type kind, int rows,
                     const uint8_t *tile, long first, long blocks, const int32_t *inputs, float *y,
                     long stride) {
    for (int v = 0; v < CK_TILE / LANES; v += STRIP) switch (rows) {
#define ROWS(n)                                                                                    \
    case n:                                                                                        \
        add_strip(type, kind, n, INPUT_ROWS, STRIP, tile, first, blocks, v, inputs, y, stride);    \
        break;
            ROWS(1) ROWS(2) ROWS(3) ROWS(4)
#if INPUT_ROWS > 4
            ROWS(5) ROWS(6)
#endif
#undef ROWS
        }
}

INLINE void add_type(const ck_matrix_type type, const uint8_t *tile, long columns,
                     const int32_t *inputs, long m, float *y, long stride) {
    long blocks = columns / 32;
    if (m == 1) {
        enum { VECTORS = CK_TILE / LANES, AT_ONCE = VECTORS < 4 ? VECTORS : 4 };
        for (int v = 0; v < VECTORS; v += AT_ONCE)
            add_strip(type, type, 1, 1, AT_ONCE, tile, 0, blocks, v, inputs, y, stride);
        return;
    }
    panel_block panel[PANEL_BLOCKS];
    for (long first = 0; first < blocks; first += PANEL_BLOCKS) {
        long count = blocks - first < PANEL_BLOCKS ? blocks - first : PANEL_BLOCKS;
        int direct = m <= FEW * INPUT_ROWS;
        if (!direct) unpack(type, tile, first, count, panel);
        for (long row = 0; row < m; row += INPUT_ROWS) {
            int rows = m - row < INPUT_ROWS ? (int)(m - row) : INPUT_ROWS;
            const int32_t *in = inputs + (row * blocks + first * INPUT_ROWS) * INPUT_WORDS;
            if (direct) add_rows(type, type, rows, tile, first, count, in, y + row * stride, stride);
            else add_rows(UNPACKED, type, rows, (const uint8_t *)panel, 0, count, in, y + row * stride, stride);
        }
    }
}

static void add_q8_0(const uint8_t *t, long c, const int32_t *x, long m, float *y, long s) { add_type(CK_Q8_0, t, c, x, m, y, s); }
static void add_q8_1(const uint8_t *t, long c, const int32_t *x, long m, float *y, long s) { add_type(CK_Q8_1, t, c, x, m, y, s); }
static void add_q4_0(const uint8_t *t, long c, const int32_t *x, long m, float *y, long s) { add_type(CK_Q4_0, t, c, x, m, y, s); }
static void add_q4_k(const uint8_t *t, long c, const int32_t *x, long m, float *y, long s) { add_type(CK_Q4_K, t, c, x, m, y, s); }
static void add_q5_k(const uint8_t *t, long c, const int32_t *x, long m, float *y, long s) { add_type(CK_Q5_K, t, c, x, m, y, s); }
static void add_q6_k(const uint8_t *t, long c, const int32_t *x, long m, float *y, long s) { add_type(CK_Q6_K, t, c, x, m, y, s); }

static void add_int_tile(ck_matrix_type type, const uint8_t *tile, long columns,
                         const int32_t *inputs, long m, float *y, long stride) {
    switch (type) {
    case CK_Q8_0: add_q8_0(tile, columns, inputs, m, y, stride); break;
    case CK_Q8_1: add_q8_1(tile, columns, inputs, m, y, stride); break;
    case CK_Q4_0: add_q4_0(tile, columns, inputs, m, y, stride); break;
    case CK_Q4_K: add_q4_k(tile, columns, inputs, m, y, stride); break;
    case CK_Q5_K: add_q5_k(tile, columns, inputs, m, y, stride); break;
    case CK_Q6_K: add_q6_k(tile, columns, inputs, m, y, stride); break;
    }
}

// One block of one row: 32 bytes, the accumulators' starts for its halves (the first is for the
// whole block where all columns share a scale), scale, scale times the sum of the bytes; each word
// `layout` words from the next.
INLINE void prepare_block(const ck_matrix_type type, const float *x, int32_t *y, long layout) {
    enum { VECTORS = 32 / LANES };
    vf most = {0};
    for (int v = 0; v < VECTORS; v++)
        most = larger((vf)((vi)load(x + v * LANES) & 0x7fffffff), most);
    float largest = max_lanes(most), scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
    int32_t whole[32];
    vi sums[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        vf shifted = load(x + v * LANES) * inverse + 12582912.0f;  // rounds to nearest even
        sums[v] = (vi)shifted - 0x4b400000;
        *(vi_memory *)(whole + v * LANES) = sums[v];
    }
    int32_t sum[2] = {0, 0};
    int8_t bytes[32];
    for (int i = 0; i < 32; i++) {
        bytes[i] = (int8_t)whole[i];
        sum[i / 16] += whole[i];
    }
    for (int g = 0; g < 8; g++) memcpy(y + g * layout, bytes + 4 * g, 4);
    int zero = zero_of(type);
    y[8 * layout] = -zero * (type == CK_Q6_K ? sum[0] : sum[0] + sum[1]);
    y[9 * layout] = -zero * sum[1];
    float scaled_sum = scale * (float)(sum[0] + sum[1]);
    memcpy(y + 10 * layout, &scale, 4);
    memcpy(y + 11 * layout, &scaled_sum, 4);
}

static void prepare_ints(ck_matrix_type type, const float *x, long m, long columns, long first,
                         long last, int32_t *inputs) {
    long blocks = columns / 32, layout = m == 1 ? 1 : INPUT_ROWS;
    for (; first < last; first += layout, x += layout * columns)
        for (long r = 0; r < layout && first + r < m; r++)
            for (long b = 0; b < blocks; b++)
                prepare_block(type, x + r * columns + b * 32,
                              inputs + (first * blocks + b * layout) * INPUT_WORDS + r, layout);
}

#if defined(__x86_64__)
#define OPAQUE_REGISTER(v) __asm__ volatile("" : "+v"(v))
#else
#define OPAQUE_REGISTER(v) __asm__ volatile("" : "+w"(v))
#endif

static double byte_operations(long rounds) {
    enum { SUMS = LANES == 16 ? 24 : 8 };
    vi sum[SUMS] = {{0}};
    vb weights = {0};
    int32_t x = 0;
    __asm__ volatile("" : "+m"(x));
    for (long round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) {
            sum[i] = dot(sum[i], weights, x, 0);
            OPAQUE_REGISTER(weights);  // the next product must be worth computing
        }
    }
    vi all = {0};
#pragma clang loop unroll(full)
    for (int i = 0; i < SUMS; i++) all += sum[i];
    OPAQUE_REGISTER(all);
    return 8.0 * LANES * SUMS * (double)rounds;
}

const ck_int_table TABLE = {
    .input_rows = INPUT_ROWS,
    .prepare = prepare_ints,
    .add_tile = add_int_tile,
    .operations = byte_operations,
};
