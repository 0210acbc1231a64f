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
#define LANES 16
#define HARDWARE_HALF 1
#include "amx_panel.h"
#include "ck_memory.h"
#include "fetch_ahead.h"
#include "float_simd.h"
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
                    a = _mm512_mul_ps(load_inputs(x + (row - first) * columns, i, columns), scale);
                    b = _mm512_mul_ps(load_inputs(x + (row - first) * columns, i + 16, columns), scale);
                }
                _mm512_store_si512(to, in_pairs(a, b));
                to += TILE_BYTES;
                if (parts == 1) continue;
                _mm512_store_si512(to, in_pairs(without_bf16(a), without_bf16(b)));
                to += TILE_BYTES;
            }
        }
    }
}

// MARK: products

// One call's matrices. With `up` every tile of W is followed by that of U.
typedef struct {
    const ck_product *of;
    float *sums;
    long tile_bytes, tile_count;
} product;

INLINE const uint8_t *tile_of(const product *p, long tile) {
    const void *up = p->of->up;
    if (!up) return (const uint8_t *)p->of->tiles + tile * p->tile_bytes;
    return (const uint8_t *)(tile % 2 ? up : p->of->tiles) + tile / 2 * p->tile_bytes;
}

INLINE const char *inputs_of(const product *p) { return p->of->inputs; }

// Where a step's weights are in memory.
INLINE const uint8_t *weights_of(const ck_matrix_type type, const uint8_t *tile, long step) {
    if (ck_is_float(type)) return tile + step * STEP_COLUMNS * CK_TILE * 2;
    const place at = place_of(type, tile, step);
    // A group's header comes before its first block.
    return step % 8 == 0 && header_bytes(type) > 0 ? at.header : at.block;
}

INLINE void unpack(const ck_matrix_type type, const uint8_t *tile, long columns, long step,
                   uint8_t *to) {
    if (ck_is_float(type)) split_step(type, (const uint16_t *)tile, columns, step, to);
    else unpack_step(type, tile, step, to);
}

// Results that no cache would hold until they are used go past the caches: lines need not be read before
// they are written.
enum { STREAMED_BYTES = 4 << 20 };

// Of what is added to, rows that are fetched before they are needed: they lie far apart.
enum { ROWS_AHEAD = 4 };

// y of a block of inputs from sums [tiles][groups, rounded up][16][CK_TILE], of which a tile's are
// tile_sums floats.
INLINE void finish(const ck_matrix_type type, const product *p, long tile_sums, long first, long last) {
    const __m512 factor = _mm512_set1_ps(ck_is_float(type) ? 1 : RESULT_SCALE);
    const ck_product *of = p->of;
    const int streamed = !of->add && of->m * of->stride * (long)sizeof(float) > STREAMED_BYTES;
    for (long i = first; i < last && i < of->m; i++)
        for (long j = 0; j < of->count; j += 16) {
            __mmask16 mask = first_lanes(of->count - j);
            float *y = of->y + i * of->stride + j;
            const float *sums = p->sums + (i - first) * CK_TILE + j % CK_TILE;
            __m512 result;
            if (of->up) {
                sums += j / CK_TILE * 2 * tile_sums;
                __m512 gate = _mm512_mul_ps(_mm512_load_ps(sums), factor);
                __m512 up = _mm512_mul_ps(_mm512_load_ps(sums + tile_sums), factor);
                result = (__m512)(silu((vf)gate) * (vf)up);
            } else {
                __m512 start = of->bias ? _mm512_maskz_loadu_ps(mask, of->bias + j) : _mm512_setzero_ps();
                if (of->add) {
                    __builtin_prefetch(y + ROWS_AHEAD * of->stride, 1);
                    start = _mm512_add_ps(start, _mm512_maskz_loadu_ps(mask, y));
                }
                result = _mm512_fmadd_ps(_mm512_load_ps(sums + j / CK_TILE * tile_sums), factor, start);
            }
            if (streamed && mask == 0xffff && (uintptr_t)y % 64 == 0) _mm512_stream_ps(y, result);
            else _mm512_mask_storeu_ps(y, mask, result);
        }
    if (streamed) _mm_sfence();
}

// MARK: few inputs

// One or two groups of inputs and all steps. Weights are unpacked two steps before they are multiplied:
// tile loads wait for stores. Found by trying; unpacking more of them at once is slower here.
INLINE void multiply_tile(const ck_matrix_type type, const int groups, const product *p, long index) {
    enum { AHEAD = 2, SLOTS = 4 };
    _Alignas(64) uint8_t slots[SLOTS][2 * STEP_BYTES];
    const uint8_t *tile = tile_of(p, index);
    const long steps = steps_of(p->of->columns);
    zero_sums();
    for (long step = -AHEAD; step < steps; step++) {
        if (step + AHEAD < steps) {
            const uint8_t *weights = weights_of(type, tile, step + AHEAD);
            fetch_ahead(weights, weights_of(type, tile, step + AHEAD + 1) - weights);
            unpack(type, tile, p->of->columns, step + AHEAD, slots[(step + AHEAD) % SLOTS]);
        }
        if (step < 0) continue;
        long first = step / panel_steps(type) * panel_steps(type), left = steps - first;
        long count = left < panel_steps(type) ? left : panel_steps(type);
        add_step(input_parts(type), weight_parts(type), groups,
                 inputs_of(p) + (first * groups + step - first) * input_parts(type) * TILE_BYTES,
                 count * input_parts(type) * TILE_BYTES, slots[step % SLOTS]);
    }
    store_sums(groups, p->sums + index * groups * TILE_ROWS * CK_TILE);
}

INLINE void multiply_few(const ck_matrix_type type, const product *p) {
    for (long tile = 0; tile < p->tile_count; tile++)
        if (groups_of(p->of->m) > 1) multiply_tile(type, 2, p, tile);
        else multiply_tile(type, 1, p, tile);
    finish(type, p, groups_of(p->of->m) * TILE_ROWS * CK_TILE, 0, p->of->m);
}

// MARK: many inputs

// Inputs are taken in blocks of at most so many groups, of which one panel and the sums of several tiles
// fit the second-level cache together.
enum { BLOCK_GROUPS = 20 };

static long block_groups(long groups) {
    long blocks = (groups + BLOCK_GROUPS - 1) / BLOCK_GROUPS;
    return ((groups + blocks - 1) / blocks + 1) / 2 * 2;
}

static long block_rows(long m) { return block_groups(groups_of(m)) * TILE_ROWS; }

// Floats of the sums of two groups, and of a block, for one tile.
enum { PAIR_SUMS = 2 * TILE_ROWS * CK_TILE };
static long block_sums(long m) { return block_groups(groups_of(m)) / 2 * PAIR_SUMS; }

// A block of inputs by one panel of one tile. Of a block all tiles take the first panel, then the next.
typedef struct {
    long tile, first, steps, group, groups;
    const char *inputs;
} piece;

// The i-th piece; without steps after the last.
INLINE piece piece_of(const ck_matrix_type type, const product *p, long i) {
    const long steps = steps_of(p->of->columns), groups = groups_of(p->of->m), size = block_groups(groups);
    const long panels = (steps + panel_steps(type) - 1) / panel_steps(type), last = groups_of(p->of->last);
    piece w = {.tile = i % p->tile_count,
               .first = i / p->tile_count % panels * panel_steps(type),
               .group = p->of->first / TILE_ROWS + i / p->tile_count / panels * size};
    if (w.group >= last) return (piece){0};
    w.steps = steps - w.first < panel_steps(type) ? steps - w.first : panel_steps(type);
    w.groups = last - w.group < size ? last - w.group : size;
    w.inputs = inputs_of(p) + (w.first * groups + w.group * w.steps) * input_parts(type) * TILE_BYTES;
    return w;
}

// What is fetched while a piece is multiplied, so many lines in a step.
typedef struct {
    const float *sums;       // of the next groups, into the first-level cache
    const char *inputs;      // of the next panel, into the second-level cache
    const uint8_t *weights;  // of the next piece, into the second-level cache
    long sum_lines, input_lines, weight_lines;
} prefetch;

// So few lines of each that one is fetched after each product, without asking how many.
INLINE int is_sparse(const prefetch *f) { return f->input_lines <= 2 && f->weight_lines <= 2; }

// A quarter of a step's lines, after a product. All of them at once would take the buffers in which tile
// loads wait for their own: 4 % slower, and loops and branches between tile instructions take 3 %.
INLINE void fetch_quarter(const prefetch *f, const int sparse, const int quarter) {
    for (int line = 0; line < f->sum_lines / 4; line++)
        __builtin_prefetch(f->sums + (quarter * (f->sum_lines / 4) + line) * 16, 1);
    const char *from = (quarter % 2 ? (const char *)f->weights : f->inputs) + quarter / 2 * 64;
    const long lines = sparse ? 1 : ((quarter % 2 ? f->weight_lines : f->input_lines) + 1 - quarter / 2) / 2;
#pragma clang loop unroll(disable)
    for (long line = 0; line < lines; line++) __builtin_prefetch(from + line * 128, 0, 2);
}

INLINE void fetch_next(prefetch *f) {
    f->sums += f->sum_lines * 16;
    f->inputs += f->input_lines * 64;
    f->weights += f->weight_lines * 64;
}

// What a register of sums holds when its turn is over.
typedef enum { NOTHING, ZEROS, SUMS } successor;

// With what is fetched, as many instructions as elsewhere (WAIT).
#define FETCH(i)                                                                                   \
    fetch_quarter(f, sparse, i);                                                                   \
    APART(6)
// After the last product of a register, which goes to `sums` at once and makes room for the next groups':
// that overlaps with the products of the other registers.
#define TURN(i)                                                                                    \
    FETCH(i);                                                                                      \
    if ((i) / 2 < groups) {                                                                        \
        float *at = sums + (i) / 2 * TILE_ROWS * CK_TILE + (i) % 2 * 16;                           \
        _tile_stored(i, at, 4 * CK_TILE);                                                          \
        if (then == SUMS) _tile_loadd(i, at + PAIR_SUMS, 4 * CK_TILE);                             \
        else if (then == ZEROS) _tile_zero(i);                                                     \
    }

// sums [groups][16][CK_TILE] = the registers + the products of one or two groups of inputs and a panel.
INLINE void add_groups(const ck_matrix_type type, const int groups, const int sparse, const char *a,
                       long next, const uint8_t *panel, long steps, float *sums, successor then,
                       prefetch *f) {
    f->sums = sums + PAIR_SUMS;
    for (long step = 0; step < steps; step++) {
        begin_step(input_parts(type), weight_parts(type), groups,
                   a + step * input_parts(type) * TILE_BYTES, next,
                   panel + step * weight_parts(type) * STEP_BYTES);
        if (step < steps - 1) {
            MULTIPLY(groups, FETCH);
        } else {
            MULTIPLY(groups, TURN);
        }
        fetch_next(f);
    }
}

// A core puts what multiplies tiles to sleep after some 500 cycles without a product, and the next products
// take 600 more. So one is done for nothing from time to time.
enum { STEPS_AWAKE = 3 };

// Vectors and tile registers share a port and slow each other down where they alternate: a panel is
// unpacked as a whole, and results are written for a whole block of inputs.
INLINE void multiply_piece(const ck_matrix_type type, const int sparse, const product *p, const piece *w,
                           prefetch *f) {
    _Alignas(64) uint8_t panel[PANEL_BYTES];
    const long group_bytes = w->steps * input_parts(type) * TILE_BYTES;
    for (long step = 0; step < w->steps; step++) {
        if (step % STEPS_AWAKE == STEPS_AWAKE - 1) _tile_dpbf16ps(0, 4, 6);
        unpack(type, tile_of(p, w->tile), p->of->columns, w->first + step,
               panel + step * weight_parts(type) * STEP_BYTES);
    }
    float *sums = p->sums + w->tile * block_sums(p->of->m);
    if (w->first > 0) load_sums(sums);
    else zero_sums();
    for (long group = 0; group < w->groups; group += 2, sums += PAIR_SUMS) {
        const char *a = w->inputs + group * group_bytes;
        successor then = group + 2 >= w->groups ? NOTHING : w->first > 0 ? SUMS : ZEROS;
        if (group + 1 < w->groups) add_groups(type, 2, sparse, a, group_bytes, panel, w->steps, sums, then, f);
        else add_groups(type, 1, sparse, a, group_bytes, panel, w->steps, sums, then, f);
    }
}

INLINE void multiply_many(const ck_matrix_type type, const product *p) {
    piece now = piece_of(type, p, 0);
    for (long i = 0; now.steps > 0; i++) {
        piece next = piece_of(type, p, i + 1);
        const long steps = (now.groups + 1) / 2 * now.steps;
        // Each tile of this panel fetches its part of the next panel's inputs.
        piece later = piece_of(type, p, i + p->tile_count);
        long inputs = later.groups * later.steps * input_parts(type) * TILE_ROWS / p->tile_count;
        const uint8_t *weights = weights_of(type, tile_of(p, next.tile), next.first);
        long lines = (weights_of(type, tile_of(p, next.tile), next.first + next.steps) - weights) / 64;
        // Of no next panel this one's first lines are fetched, because fetch_quarter does not ask.
        const char *from = inputs > 0 ? later.inputs + now.tile * inputs * 64 : now.inputs;
        prefetch f = {.inputs = from, .weights = weights,
                      .sum_lines = 64 / panel_steps(type), .input_lines = (inputs + steps - 1) / steps,
                      .weight_lines = (lines + steps - 1) / steps};
        if (is_sparse(&f)) multiply_piece(type, 1, p, &now, &f);
        else multiply_piece(type, 0, p, &now, &f);
        if (now.tile == p->tile_count - 1 && now.first + now.steps == steps_of(p->of->columns))
            finish(type, p, block_sums(p->of->m), now.group * TILE_ROWS,
                   (now.group + now.groups) * TILE_ROWS);
        now = next;
    }
}

static void multiply_type(ck_matrix_type type, const product *p) {
    switch (type) {
#define TYPE(t)                                                                                    \
    case t:                                                                                        \
        if (groups_of(p->of->m) > 2) multiply_many(t, p);                                          \
        else multiply_few(t, p);                                                                   \
        break;
        TYPE(CK_F16) TYPE(CK_BF16)
        TYPE(CK_Q8_0) TYPE(CK_Q8_1) TYPE(CK_Q4_0) TYPE(CK_Q4_K) TYPE(CK_Q5_K) TYPE(CK_Q6_K)
#undef TYPE
    }
}

static int multiply(const ck_product *of) {
    product p = {.of = of, .tile_bytes = (long)ck_tile_bytes(of->type, of->columns),
                 .tile_count = (of->count + CK_TILE - 1) / CK_TILE * (of->up ? 2 : 1)};
    p.sums = ck_scratch(CK_SCRATCH_KERNEL, (size_t)(p.tile_count * block_sums(of->m)) * sizeof(float));
    if (!p.sums) return -1;
    configure();
    multiply_type(of->type, &p);
    // An unused register file costs nothing when threads take turns on a core.
    _tile_release();
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
        MULTIPLY(2, WAIT);
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
