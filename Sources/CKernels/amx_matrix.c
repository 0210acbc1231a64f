// ck_matrix.h in AMX's tile registers: bf16 products, summed in f32.
//
// Weights are unpacked to bf16, a panel of columns at a time that stays in the first-level cache
// while all inputs pass; a panel's products are summed in registers of 32 inputs by 32 rows. Inputs
// of integer types are rounded to bf16, which is finer than the 8 bits of the other instruction
// sets. Of float types, inputs and weights are split into upper and lower bf16, and of the four
// products of the parts three are summed: relative errors stay below 2^-16.
#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,"       \
                          "avx512fp16,avx2,fma,f16c"))),                                           \
    apply_to = function)
#include "amx_panel.h"
#include "scratch.h"
#include "tile_table.h"

enum { LEAST_ROWS = 12 };

static long steps_of(long columns) { return (columns + STEP_COLUMNS - 1) / STEP_COLUMNS; }
static long groups_of(long m) { return (m + TILE_ROWS - 1) / TILE_ROWS; }

// MARK: inputs

static size_t input_bytes(ck_matrix_type type, long m, long columns) {
    return (size_t)(groups_of(m) * steps_of(columns) * input_parts(type)) * TILE_BYTES;
}

// Columns in the order of a panel's pairs: of every four the middle two change places.
INLINE __m512i in_pairs(__m512 a, __m512 b) {
    const __m128i order = _mm_set_epi8(15, 14, 11, 10, 13, 12, 9, 8, 7, 6, 3, 2, 5, 4, 1, 0);
    return _mm512_shuffle_epi8((__m512i)_mm512_cvtne2ps_pbh(b, a), _mm512_broadcast_i32x4(order));
}

// inputs: [panels][groups of 16 rows][a panel's steps][parts] tile registers of [16 rows][32 columns].
static void prepare(ck_matrix_type type, const float *x, long m, long columns, long first,
                    long last, void *inputs) {
    const long steps = steps_of(columns), groups = groups_of(m), parts = input_parts(type);
    const __m512 scale = _mm512_set1_ps(ck_is_float(type) ? 1 : INPUT_SCALE);
    last = groups_of(last) * TILE_ROWS;  // rows beyond the last input are zeros
    for (long from = 0; from < steps; from += panel_steps(type)) {
        long count = steps - from < panel_steps(type) ? steps - from : panel_steps(type);
        for (long row = first; row < last; row++) {
            char *to = (char *)inputs + row % TILE_ROWS * 64 +
                       (from * groups + row / TILE_ROWS * count) * parts * TILE_BYTES;
            for (long i = from * STEP_COLUMNS; i < (from + count) * STEP_COLUMNS; i += STEP_COLUMNS) {
                __m512 a = _mm512_setzero_ps(), b = a;
                if (row < m) {
                    a = _mm512_mul_ps(load_inputs(x + row * columns, i, columns), scale);
                    b = _mm512_mul_ps(load_inputs(x + row * columns, i + 16, columns), scale);
                }
                _mm512_store_si512(to, in_pairs(a, b));
                to += TILE_BYTES;
                if (parts == 1) continue;
                _mm512_store_si512(to, in_pairs(_mm512_sub_ps(a, upper_half(a)),
                                                _mm512_sub_ps(b, upper_half(b))));
                to += TILE_BYTES;
            }
        }
    }
}

// MARK: products

INLINE void unpack(const ck_matrix_type type, const uint8_t *tile, long columns, long step,
                   uint8_t *to) {
    if (ck_is_float(type)) split_step(type, (const uint16_t *)tile, columns, step, to);
    else unpack_step(type, tile, step, to);
}

// sums [groups][16][CK_TILE] (+)= the products of all inputs and `steps` steps of a tile, from `first`
// on. inputs: the panel's.
INLINE void add_type(const ck_matrix_type type, const uint8_t *tile, long columns, long first,
                     long steps, const char *inputs, long groups, float *sums) {
    _Alignas(64) uint8_t panel[PANEL_BYTES];
    const long group_bytes = steps * input_parts(type) * TILE_BYTES;
    for (long step = 0; step < steps; step++)
        unpack(type, tile, columns, first + step, panel + step * weight_parts(type) * STEP_BYTES);
    for (long group = 0; group < groups; group += 2) {
        const char *a = inputs + group * group_bytes;
        float *to = sums + group * TILE_ROWS * CK_TILE;
        if (group + 1 < groups) add_inputs(type, 2, a, group_bytes, panel, steps, to, first > 0);
        else add_inputs(type, 1, a, group_bytes, panel, steps, to, first > 0);
    }
}

// The same for one or two groups of inputs and all steps. Weights are unpacked two steps before they
// are multiplied, so that vectors and tile registers work at the same time.
INLINE void add_few(const ck_matrix_type type, const int groups, const uint8_t *tile, long columns,
                    const char *inputs, float *sums) {
    enum { AHEAD = 2, SLOTS = 4 };
    _Alignas(64) uint8_t slots[SLOTS][2 * STEP_BYTES];
    const long steps = steps_of(columns);
    zero_sums();
    for (long step = -AHEAD; step < steps; step++) {
        if (step + AHEAD < steps)
            unpack(type, tile, columns, step + AHEAD, slots[(step + AHEAD) % SLOTS]);
        if (step < 0) continue;
        long first = step / panel_steps(type) * panel_steps(type), left = steps - first;
        long count = left < panel_steps(type) ? left : panel_steps(type);
        add_step(type, groups,
                 inputs + (first * groups + step - first) * input_parts(type) * TILE_BYTES,
                 count * input_parts(type) * TILE_BYTES, slots[step % SLOTS]);
    }
    store_sums(groups, sums);
}

static void add_few_inputs(ck_matrix_type type, const uint8_t *tile, long columns,
                           const char *inputs, long groups, float *sums) {
    switch (type) {
#define TYPE(t)                                                                                    \
    case t:                                                                                        \
        if (groups > 1) add_few(t, 2, tile, columns, inputs, sums);                                \
        else add_few(t, 1, tile, columns, inputs, sums);                                           \
        break;
        TYPE(CK_F16) TYPE(CK_BF16)
        TYPE(CK_Q8_0) TYPE(CK_Q8_1) TYPE(CK_Q4_0) TYPE(CK_Q4_K) TYPE(CK_Q5_K) TYPE(CK_Q6_K)
#undef TYPE
    }
}

static void add_panel(ck_matrix_type type, const uint8_t *tile, long columns, long first,
                      long steps, const char *inputs, long groups, float *sums) {
    switch (type) {
#define TYPE(t)                                                                                    \
    case t: add_type(t, tile, columns, first, steps, inputs, groups, sums); break;
        TYPE(CK_F16) TYPE(CK_BF16)
        TYPE(CK_Q8_0) TYPE(CK_Q8_1) TYPE(CK_Q4_0) TYPE(CK_Q4_K) TYPE(CK_Q5_K) TYPE(CK_Q6_K)
#undef TYPE
    }
}

// y[m, count] = sums [tiles][m, rounded up to 16][CK_TILE] * scale + bias.
static void finish(const float *sums, long m, float scale, const float *bias, long count, float *y,
                   long stride) {
    const __m512 factor = _mm512_set1_ps(scale);
    long tile_sums = groups_of(m) * TILE_ROWS * CK_TILE;
    for (long i = 0; i < m; i++) {
        for (long j = 0; j < count; j += 16) {
            __mmask16 mask = count - j < 16 ? (__mmask16)((1u << (count - j)) - 1) : 0xffff;
            __m512 start = bias ? _mm512_maskz_loadu_ps(mask, bias + j) : _mm512_setzero_ps();
            __m512 sum = _mm512_load_ps(sums + j / CK_TILE * tile_sums + i * CK_TILE + j % CK_TILE);
            _mm512_mask_storeu_ps(y + i * stride + j, mask, _mm512_fmadd_ps(sum, factor, start));
        }
    }
}

static int multiply(ck_matrix_type type, const void *tiles, long columns, const void *inputs,
                    long m, const float *bias, long count, float *y, long stride) {
    const long steps = steps_of(columns), groups = groups_of(m), tile_sums = groups * TILE_ROWS * CK_TILE;
    const size_t tile_bytes = ck_tile_bytes(type, columns);
    long tile_count = (count + CK_TILE - 1) / CK_TILE;
    float *sums = ck_scratch((size_t)(tile_count * tile_sums) * sizeof(float));
    if (!sums) return -1;
    configure();
    for (long t = 0; groups <= 2 && t < tile_count; t++)
        add_few_inputs(type, (const uint8_t *)tiles + (size_t)t * tile_bytes, columns, inputs,
                       groups, sums + t * tile_sums);
    // A panel's inputs stay in the second-level cache while all tiles use them.
    for (long first = 0; groups > 2 && first < steps; first += panel_steps(type)) {
        long panel = steps - first < panel_steps(type) ? steps - first : panel_steps(type);
        const char *a = (const char *)inputs + first * groups * input_parts(type) * TILE_BYTES;
        for (long t = 0; t < tile_count; t++)
            add_panel(type, (const uint8_t *)tiles + (size_t)t * tile_bytes, columns, first, panel,
                      a, groups, sums + t * tile_sums);
    }
    // An unused register file costs nothing when threads take turns on a core.
    _tile_release();
    finish(sums, m, ck_is_float(type) ? 1 : RESULT_SCALE, bias, count, y, stride);
    return 0;
}

// MARK: limits

// Of two registers of random numbers: zeros would take less power and run at a higher clock.
static double operations(long rounds) {
    _Alignas(64) uint16_t numbers[2][TILE_BYTES / 2];
    for (uint32_t i = 0, random = 1; i < TILE_BYTES; i++) {
        random = random * 1664525 + 1013904223;
        numbers[i / (TILE_BYTES / 2)][i % (TILE_BYTES / 2)] = 0x3c00 | (random >> 16 & 0x81ff);
    }
    configure();
    zero_sums();
    for (long round = 0; round < rounds; round++) {
        _tile_loadd(4, numbers[0], 64);
        _tile_loadd(5, numbers[1], 64);
        _tile_loadd(6, numbers[0], 64);
        _tile_loadd(7, numbers[1], 64);
        MULTIPLY(2)
    }
    _tile_release();
    return 2.0 * 4 * 16 * 16 * STEP_COLUMNS * (double)rounds;
}

const ck_tile_table ck_tile_amx = {
    .least_rows = LEAST_ROWS,
    .input_rows = TILE_ROWS,
    .input_bytes = input_bytes,
    .prepare = prepare,
    .multiply = multiply,
    .attend = ck_amx_attend,
    .operations = operations,
};
#pragma clang attribute pop
#endif
