// ck_matrix.h in AMX's tile registers: bf16 products, summed in f32.
//
// Weights are unpacked to bf16, one panel of steps at a time, which stays in the first-level cache
// while all inputs pass. Inputs of integer layouts are rounded to bf16, which is finer than the 8
// bits of the other instruction sets; those of float layouts are split (amx_tiles.h).
//
// For many inputs the order of the loops is, from the outside to the inside (docs/kernels.md):
//
//   blocks of inputs     of which one panel and the sums of all bands fit the second-level cache
//   panels               of the columns
//   bands                of the call; a block's panel by a band's panel is a panel_product
//   pairs of groups      of 16 inputs: their sums stay in the accumulators for the whole panel
//   steps                of 32 columns
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,"  \
                                                   "avx512vl,avx512bf16,avx512fp16,avx2,fma,"      \
                                                   "f16c"))),                                      \
                             apply_to = function)
#define LANES 16
#define HARDWARE_HALF 1
#include "amx_panel.h"
#include "ck_memory.h"
#include "fetch_ahead.h"
#include "float_simd.h"
#include "tile_table.h"

// Fewer inputs are faster in vectors: unpacking the weights costs as much for one input as for
// many.
enum { LEAST_ROWS = 12 };

static long steps_of(long columns) { return (columns + STEP_COLUMNS - 1) / STEP_COLUMNS; }
static long groups_of(long m) { return (m + TILE_ROWS - 1) / TILE_ROWS; }

// MARK: inputs

static size_t input_bytes(ck_layout layout, long m, long columns) {
    return (size_t)(groups_of(m) * steps_of(columns) * input_parts(layout)) * TILE_BYTES;
}

// Columns in the order of a panel's pairs: of every four the middle two change places.
INLINE __m512i in_pairs(__m512 a, __m512 b) {
    const __m128i order = _mm_set_epi8(15, 14, 11, 10, 13, 12, 9, 8, 7, 6, 3, 2, 5, 4, 1, 0);
    return _mm512_shuffle_epi8((__m512i)_mm512_cvtne2ps_pbh(b, a), _mm512_broadcast_i32x4(order));
}

// inputs: [panels][groups of 16 rows][a panel's steps][parts] tiles of [16 rows][32 columns].
static void prepare(ck_layout layout, const float *x, long m, long columns, long first, long last,
                    void *inputs) {
    const long steps = steps_of(columns), groups = groups_of(m), parts = input_parts(layout);
    const __m512 scale = _mm512_set1_ps(ck_is_float(layout) ? 1 : INPUT_SCALE);
    last = groups_of(last) * TILE_ROWS;  // rows beyond the last input are zeros
    for (long from = 0; from < steps; from += panel_steps(layout)) {
        long count = steps - from < panel_steps(layout) ? steps - from : panel_steps(layout);
        for (long row = first; row < last; row++) {
            char *to = (char *)inputs + row % TILE_ROWS * 64 +
                       (from * groups + row / TILE_ROWS * count) * parts * TILE_BYTES;
            const float *values = x + (row - first) * columns;
            for (long i = from * STEP_COLUMNS; i < (from + count) * STEP_COLUMNS;
                 i += STEP_COLUMNS) {
                __m512 a = _mm512_setzero_ps(), b = a;
                if (row < m) {
                    a = _mm512_mul_ps(load_inputs(values, i, columns), scale);
                    b = _mm512_mul_ps(load_inputs(values, i + 16, columns), scale);
                }
                _mm512_store_si512(to, in_pairs(a, b));
                to += TILE_BYTES;
                if (parts == ROUNDED) continue;
                _mm512_store_si512(to, in_pairs(without_bf16(a), without_bf16(b)));
                to += TILE_BYTES;
            }
        }
    }
}

// MARK: products

// One call's matrices. With `up` every band of W is followed by that of U.
typedef struct {
    const ck_product *of;
    float *sums;
    long band_bytes, band_count;
} product;

INLINE const uint8_t *band_of(const product *p, long band) {
    const void *up = p->of->up;
    if (!up) return (const uint8_t *)p->of->bands + band * p->band_bytes;
    return (const uint8_t *)(band % 2 ? up : p->of->bands) + band / 2 * p->band_bytes;
}

INLINE const char *inputs_of(const product *p) { return p->of->inputs; }

// Where a step's weights are in memory.
INLINE const uint8_t *weights_of(const ck_layout layout, const uint8_t *band, long step) {
    if (ck_is_float(layout)) return band + step * STEP_COLUMNS * CK_BAND * 2;
    const block_place at = place_of(layout, band, step);
    // A group's header comes before its first block.
    return step % GROUP_BLOCKS == 0 && header_bytes(layout) > 0 ? at.header : at.block;
}

INLINE void unpack(const ck_layout layout, const uint8_t *band, long columns, long step,
                   uint8_t *to) {
    if (ck_is_float(layout)) split_step(layout, (const uint16_t *)band, columns, step, to);
    else unpack_step(layout, band, step, to);
}

// Results that no cache would hold until they are used are written past the caches: their lines
// need not be read first.
enum { STREAMED_BYTES = 4 << 20 };

// Where products are added to y, its rows are prefetched so many ahead: they lie far apart.
enum { ROWS_AHEAD = 4 };

// Writes y for the inputs [first, last) of a block. p->sums: [bands][band_sums], a band's first
// input at `first`.
INLINE void finish(const ck_layout layout, const product *p, long band_sums, long first,
                   long last) {
    const __m512 factor = _mm512_set1_ps(ck_is_float(layout) ? 1 : RESULT_SCALE);
    const ck_product *of = p->of;
    const int streamed = !of->add && of->m * of->stride * (long)sizeof(float) > STREAMED_BYTES;
    for (long i = first; i < last && i < of->m; i++)
        for (long j = 0; j < of->count; j += 16) {
            __mmask16 mask = first_lanes(of->count - j);
            float *y = of->y + i * of->stride + j;
            const float *sums = p->sums + (i - first) * CK_BAND + j % CK_BAND;
            __m512 result;
            if (of->up) {
                sums += j / CK_BAND * 2 * band_sums;
                __m512 gate = _mm512_mul_ps(_mm512_load_ps(sums), factor);
                __m512 up = _mm512_mul_ps(_mm512_load_ps(sums + band_sums), factor);
                result = (__m512)(silu((vf)gate) * (vf)up);
            } else {
                __m512 start =
                    of->bias ? _mm512_maskz_loadu_ps(mask, of->bias + j) : _mm512_setzero_ps();
                if (of->add) {
                    __builtin_prefetch(y + ROWS_AHEAD * of->stride, 1);
                    start = _mm512_add_ps(start, _mm512_maskz_loadu_ps(mask, y));
                }
                const __m512 sum = _mm512_load_ps(sums + j / CK_BAND * band_sums);
                result = _mm512_fmadd_ps(sum, factor, start);
            }
            if (streamed && mask == 0xffff && (uintptr_t)y % 64 == 0) _mm512_stream_ps(y, result);
            else _mm512_mask_storeu_ps(y, mask, result);
        }
    if (streamed) _mm_sfence();
}

// MARK: few inputs

// One band by one or two groups of inputs, all steps. Tile loads wait for stores, so weights are
// unpacked two steps before they are multiplied; more at a time measured slower.
INLINE void multiply_band(const ck_layout layout, const int groups, const product *p, long index) {
    enum { AHEAD = 2, SLOTS = 4 };
    _Alignas(64) uint8_t slots[SLOTS][2 * STEP_BYTES];
    const uint8_t *band = band_of(p, index);
    const char *inputs = inputs_of(p);
    const long columns = p->of->columns, steps = steps_of(columns), parts = input_parts(layout);
    zero_sums();
    for (long step = -AHEAD; step < steps; step++) {
        if (step + AHEAD < steps) {
            const uint8_t *weights = weights_of(layout, band, step + AHEAD);
            fetch_ahead(weights, weights_of(layout, band, step + AHEAD + 1) - weights);
            unpack(layout, band, columns, step + AHEAD, slots[(step + AHEAD) % SLOTS]);
        }
        if (step < 0) continue;
        long first = step / panel_steps(layout) * panel_steps(layout), left = steps - first;
        long count = left < panel_steps(layout) ? left : panel_steps(layout);
        add_step(input_parts(layout), weight_parts(layout), groups,
                 inputs + (first * groups + step - first) * parts * TILE_BYTES,
                 count * parts * TILE_BYTES, slots[step % SLOTS]);
    }
    store_sums(groups, p->sums + index * groups * TILE_ROWS * CK_BAND);
}

INLINE void multiply_few(const ck_layout layout, const product *p) {
    const long groups = groups_of(p->of->m);
    for (long band = 0; band < p->band_count; band++)
        if (groups > 1) multiply_band(layout, 2, p, band);
        else multiply_band(layout, 1, p, band);
    finish(layout, p, groups * TILE_ROWS * CK_BAND, 0, p->of->m);
}

// MARK: many inputs

// Inputs are taken in blocks of at most so many groups: one panel of a block and the sums of
// several bands fit the second-level cache together.
enum { BLOCK_GROUPS = 20 };

static long block_groups(long groups) {
    long blocks = (groups + BLOCK_GROUPS - 1) / BLOCK_GROUPS;
    return ((groups + blocks - 1) / blocks + 1) / 2 * 2;
}

static long block_rows(long m) { return block_groups(groups_of(m)) * TILE_ROWS; }

// Floats of the sums of two groups, and of a block, for one band.
enum { PAIR_SUMS = 2 * TILE_ROWS * CK_BAND };
static long block_sums(long m) { return block_groups(groups_of(m)) / 2 * PAIR_SUMS; }

// A block of inputs by one panel of one band.
typedef struct {
    long band;
    long first, steps;   // of the panel
    long group, groups;  // of the block
    const char *inputs;
} panel_product;

// The i-th product of a call: a block takes the first panel of all bands, then the next. Without
// steps after the last.
INLINE panel_product panel_product_at(const ck_layout layout, const product *p, long i) {
    const long steps = steps_of(p->of->columns), groups = groups_of(p->of->m);
    const long size = block_groups(groups), last = groups_of(p->of->last);
    const long panels = (steps + panel_steps(layout) - 1) / panel_steps(layout);
    panel_product w = {.band = i % p->band_count,
                       .first = i / p->band_count % panels * panel_steps(layout),
                       .group = p->of->first / TILE_ROWS + i / p->band_count / panels * size};
    if (w.group >= last) return (panel_product){0};
    w.steps = steps - w.first < panel_steps(layout) ? steps - w.first : panel_steps(layout);
    w.groups = last - w.group < size ? last - w.group : size;
    w.inputs =
        inputs_of(p) + (w.first * groups + w.group * w.steps) * input_parts(layout) * TILE_BYTES;
    return w;
}

// What is prefetched during a panel product, so many lines in a step.
typedef struct {
    const float *sums;       // the next groups', into the first-level cache
    const char *inputs;      // the next panel's, into the second-level cache
    const uint8_t *weights;  // the next product's, into the second-level cache
    long sum_lines, input_lines, weight_lines;
} prefetch;

// So few lines that each quarter of a step prefetches one, whatever their number.
INLINE int is_sparse(const prefetch *f) { return f->input_lines <= 2 && f->weight_lines <= 2; }

// Prefetches a quarter of a step's lines, after a product. All of them at once would take the
// buffers in which tile loads wait for their own: 4 % slower. Loops and branches between tile
// instructions cost 3 %.
INLINE void fetch_quarter(const prefetch *f, const int sparse, const int quarter) {
    const long sums = f->sum_lines / 4;
    for (int line = 0; line < sums; line++)
        __builtin_prefetch(f->sums + (quarter * sums + line) * 16, 1);
    const char *from = (quarter % 2 ? (const char *)f->weights : f->inputs) + quarter / 2 * 64;
    const long all = quarter % 2 ? f->weight_lines : f->input_lines;
    const long lines = sparse ? 1 : (all + 1 - quarter / 2) / 2;
#pragma clang loop unroll(disable)
    for (long line = 0; line < lines; line++) __builtin_prefetch(from + line * 128, 0, 2);
}

INLINE void fetch_next(prefetch *f) {
    f->sums += f->sum_lines * 16;
    f->inputs += f->input_lines * 64;
    f->weights += f->weight_lines * 64;
}

// What an accumulator is loaded with after its last product of a panel: nothing after the last
// groups, otherwise the next groups' sums, which are zeros in the first panel.
typedef enum { NOTHING, ZEROS, SUMS } successor;

// Stores an accumulator's sums and loads what comes next, while the other accumulators' products go
// on.
INLINE void retire(const int accumulator, float *sums, const successor next) {
    float *at = accumulator_at(accumulator, sums);
    store_tile(accumulator, at, SUMS_STRIDE);
    if (next == SUMS) load_tile(accumulator, at + PAIR_SUMS, SUMS_STRIDE);
    else if (next == ZEROS) zero_tile(accumulator);
}

// Adds the products of the operands that are loaded and prefetches a step's lines between them.
// With `is_last` the sums are retired.
INLINE void multiply_fetching(const int groups, const int sparse, const int is_last, float *sums,
                              successor next, const prefetch *f) {
    enum { BESIDE_FETCHES = BETWEEN_TILES - 2 };  // prefetches keep products apart as well
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        if (i / 2 < groups) multiply_tile(i);
        fetch_quarter(f, sparse, i);
        idle(BESIDE_FETCHES);
        if (is_last && i / 2 < groups) retire(i, sums, next);
    }
}

// sums [groups][16][CK_BAND] = the accumulators + the products of one or two groups of inputs and a
// panel. a: the first group's inputs; apart: bytes to the second group's.
INLINE void add_groups(const ck_layout layout, const int groups, const int sparse, const char *a,
                       long apart, const uint8_t *panel, long steps, float *sums, successor next,
                       prefetch *f) {
    f->sums = sums + PAIR_SUMS;
    for (long step = 0; step < steps; step++) {
        begin_step(input_parts(layout), weight_parts(layout), groups,
                   a + step * input_parts(layout) * TILE_BYTES, apart,
                   panel + step * weight_parts(layout) * STEP_BYTES);
        if (step < steps - 1) multiply_fetching(groups, sparse, 0, sums, next, f);
        else multiply_fetching(groups, sparse, 1, sums, next, f);
        fetch_next(f);
    }
}

// The tile unit powers down after about 500 idle cycles and takes 600 to wake: while a panel is
// unpacked, every so many steps a product is done whose result nobody reads.
enum { STEPS_AWAKE = 3 };

// Vectors and tile registers share a port and slow each other down where they alternate: a panel is
// unpacked as a whole, and results are written for a whole block of inputs.
INLINE void multiply_panel(const ck_layout layout, const int sparse, const product *p,
                           const panel_product *w, prefetch *f) {
    _Alignas(64) uint8_t panel[PANEL_BYTES];
    const long group_bytes = w->steps * input_parts(layout) * TILE_BYTES;
    for (long step = 0; step < w->steps; step++) {
        if (step % STEPS_AWAKE == STEPS_AWAKE - 1) multiply_tile(0);
        unpack(layout, band_of(p, w->band), p->of->columns, w->first + step,
               panel + step * weight_parts(layout) * STEP_BYTES);
    }
    float *sums = p->sums + w->band * block_sums(p->of->m);
    if (w->first > 0) load_sums(sums);
    else zero_sums();
    for (long group = 0; group < w->groups; group += 2, sums += PAIR_SUMS) {
        const char *a = w->inputs + group * group_bytes;
        const successor next = group + 2 >= w->groups ? NOTHING : w->first > 0 ? SUMS : ZEROS;
        if (group + 1 < w->groups)
            add_groups(layout, 2, sparse, a, group_bytes, panel, w->steps, sums, next, f);
        else add_groups(layout, 1, sparse, a, group_bytes, panel, w->steps, sums, next, f);
    }
}

// What to prefetch during the i-th product, `now`, before the next: its weights, and this band's
// share of the next panel's inputs.
INLINE prefetch prefetch_during(const ck_layout layout, const product *p, long i,
                                const panel_product *now, const panel_product *next) {
    const long steps = (now->groups + 1) / 2 * now->steps;
    const panel_product later = panel_product_at(layout, p, i + p->band_count);
    const long inputs =
        later.groups * later.steps * input_parts(layout) * TILE_ROWS / p->band_count;
    const uint8_t *band = band_of(p, next->band), *weights = weights_of(layout, band, next->first);
    const long lines = (weights_of(layout, band, next->first + next->steps) - weights) / 64;
    // Without a next panel, prefetch this one's first lines: fetch_quarter prefetches
    // unconditionally.
    const char *from = inputs > 0 ? later.inputs + now->band * inputs * 64 : now->inputs;
    return (prefetch){.inputs = from,
                      .weights = weights,
                      .sum_lines = 64 / panel_steps(layout),
                      .input_lines = (inputs + steps - 1) / steps,
                      .weight_lines = (lines + steps - 1) / steps};
}

INLINE void multiply_many(const ck_layout layout, const product *p) {
    const long steps = steps_of(p->of->columns);
    panel_product now = panel_product_at(layout, p, 0);
    for (long i = 0; now.steps > 0; i++) {
        const panel_product next = panel_product_at(layout, p, i + 1);
        prefetch f = prefetch_during(layout, p, i, &now, &next);
        if (is_sparse(&f)) multiply_panel(layout, 1, p, &now, &f);
        else multiply_panel(layout, 0, p, &now, &f);
        if (now.band == p->band_count - 1 && now.first + now.steps == steps)
            finish(layout, p, block_sums(p->of->m), now.group * TILE_ROWS,
                   (now.group + now.groups) * TILE_ROWS);
        now = next;
    }
}

INLINE void multiply_layout(const ck_layout layout, const product *p) {
    if (groups_of(p->of->m) > 2) multiply_many(layout, p);
    else multiply_few(layout, p);
}

static void multiply_any(ck_layout layout, const product *p) {
    switch (layout) {
    case CK_LAYOUT_F16: multiply_layout(CK_LAYOUT_F16, p); break;
    case CK_LAYOUT_BF16: multiply_layout(CK_LAYOUT_BF16, p); break;
#define CASE(id, ...)                                                                              \
    case CK_LAYOUT_##id: multiply_layout(CK_LAYOUT_##id, p); break;
        CK_INT_LAYOUTS(CASE)
#undef CASE
    }
}

static int multiply(const ck_product *of) {
    product p = {.of = of,
                 .band_bytes = (long)ck_band_bytes(of->layout, of->columns),
                 .band_count = (of->count + CK_BAND - 1) / CK_BAND * (of->up ? 2 : 1)};
    const size_t floats = (size_t)(p.band_count * block_sums(of->m));
    p.sums = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float));
    if (!p.sums) return -1;
    configure_tiles();
    multiply_any(of->layout, &p);
    // Released registers cost nothing when threads take turns on a core.
    _tile_release();
    return 0;
}

// MARK: limits

// Multiplies two registers of random numbers: zeros would take less power and run at a higher
// clock.
static double operations(long rounds) {
    _Alignas(64) uint16_t numbers[2][TILE_BYTES / 2];
    for (uint32_t i = 0, random = 1; i < TILE_BYTES; i++) {
        random = random * 1664525 + 1013904223;
        numbers[i / (TILE_BYTES / 2)][i % (TILE_BYTES / 2)] = 0x3c00 | (random >> 16 & 0x81ff);
    }
    configure_tiles();
    zero_sums();
    for (long round = 0; round < rounds; round++) {
        _tile_loadd(4, numbers[0], 64);
        _tile_loadd(5, numbers[1], 64);
        _tile_loadd(6, numbers[0], 64);
        _tile_loadd(7, numbers[1], 64);
        multiply_operands(2);
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
    .block_rows = block_rows,
    .attend = ck_amx_attend,
    .operations = operations,
};
#pragma clang attribute pop
#endif
