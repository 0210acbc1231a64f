// ck_attention_rows in AMX's tile registers.
//
// A call covers many blocks of rows of one key/value head, so that its keys and values are brought
// into the order of tile registers once for all of them. Both products are those of amx_tiles.h:
// queries by keys over the dimensions of the head, then probabilities by values over the entries.
// Keys and values are split into parts, queries and probabilities are split or rounded.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,"  \
                                                   "avx512vl,avx512bf16,avx2,fma,f16c"))),         \
                             apply_to = function)
#define LANES 16
#define HARDWARE_HALF 1
#include "amx_tiles.h"
#include "attention_rows.h"
#include "ck_memory.h"
#include "float_simd.h"
#include "tile_table.h"

enum {
    PARTS = SPLIT,        // of keys and values
    KEYS = STEP_COLUMNS,  // entries of a step
    SCORES = ROWS * KEYS,
};

// Working memory of one call. Steps are of 32 dimensions in the first product and of 32 entries in
// the second. `parts` are those of queries and probabilities.
typedef struct {
    const ck_attention *a;
    long dim_steps, key_steps;
    long first_step;  // the first step of keys that the call's blocks see
    char *keys;       // [key steps][dim steps][PARTS] steps of 32 keys
    char *values;     // [dim steps][key steps][PARTS] steps of 32 dimensions
    char *queries;    // [2 groups][dim steps][parts] tiles of one block
    char *shares;     // [2 groups][key steps of the block][parts] tiles of its exponentials
    float *scores;    // [key steps][ROWS][KEYS], then the exponentials
    float *output;    // [ROWS][32]
} workspace;

static size_t lay_out(workspace *w, char *start) {
    const size_t step = PARTS * STEP_BYTES, area = (size_t)(w->dim_steps * w->key_steps);
    char *p = start;
    w->keys = p, p += area * step;
    w->values = p, p += area * step;
    w->queries = p, p += (size_t)w->dim_steps * step;
    w->shares = p, p += (size_t)w->key_steps * step;
    w->scores = (float *)p, p += (size_t)w->key_steps * SCORES * sizeof(float);
    w->output = (float *)p, p += SCORES * sizeof(float);
    return (size_t)(p - start);
}

// 16 elements of a cached vector from d on, zeros from head_dim on.
INLINE __m512 load_part(const ck_attention *a, const char *entry, long d) {
    if (d >= a->head_dim) return _mm512_setzero_ps();
    __mmask16 mask = first_lanes(a->head_dim - d);
    if (a->precision == CK_TYPE_F32) return _mm512_maskz_loadu_ps(mask, (const float *)entry + d);
    if (a->precision == CK_TYPE_F16)
        return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, (const uint16_t *)entry + d));
    const uint8_t *block = (const uint8_t *)entry + d / 32 * 34;
    uint16_t scale;
    memcpy(&scale, block, 2);
    __m128i bytes = _mm_loadu_si128((const void *)(block + 2 + d % 32));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)),
                         _mm512_set1_ps(_cvtsh_ss(scale)));
}

// Transposes 16 x 16 words in place.
INLINE void transpose(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            r[i + 2 * j] = _mm512_unpacklo_epi64(t[i + j], t[i + j + 2]);
            r[i + 2 * j + 1] = _mm512_unpackhi_epi64(t[i + j], t[i + j + 2]);
        }
    for (int i = 0; i < 16; i += 8)
        for (int j = 0; j < 4; j++) {
            t[i + j] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0x88);
            t[i + j + 4] = _mm512_shuffle_i32x4(r[i + j], r[i + j + 4], 0xdd);
        }
    for (int j = 0; j < 8; j++) {
        r[j] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0x88);
        r[j + 8] = _mm512_shuffle_i32x4(t[j], t[j + 8], 0xdd);
    }
}

// 32 numbers rounded to bf16 and, with two parts, what is left of them.
INLINE void split(const int parts, __m512 a, __m512 b, __m512i bf16[PARTS]) {
    bf16[0] = (__m512i)_mm512_cvtne2ps_pbh(b, a);
    if (parts == SPLIT) bf16[1] = (__m512i)_mm512_cvtne2ps_pbh(without_bf16(b), without_bf16(a));
}

static void prepare_keys(const workspace *w, long kv_head) {
    const ck_attention *a = w->a;
    const char *keys = (const char *)a->keys + kv_head * a->head_stride;
    for (long key = w->first_step * KEYS; key < w->key_steps * KEYS; key += 16)
        for (long d = 0; d < w->dim_steps; d++) {
            __m512i rows[PARTS][16];
            for (int k = 0; k < 16; k++) {
                const char *entry = keys + (key + k) * a->entry_stride;
                __m512 first = _mm512_setzero_ps(), second = first;
                if (key + k < a->length) {
                    first = load_part(a, entry, d * STEP_COLUMNS);
                    second = load_part(a, entry, d * STEP_COLUMNS + 16);
                }
                __m512i parts[PARTS];
                split(PARTS, first, second, parts);
                rows[0][k] = parts[0];
                rows[1][k] = parts[1];
            }
            char *step = w->keys + (key / KEYS * w->dim_steps + d) * PARTS * STEP_BYTES;
            for (int part = 0; part < PARTS; part++) {
                transpose(rows[part]);
                char *to = step + part * STEP_BYTES + key % KEYS / 16 * TILE_BYTES;
                for (int pair = 0; pair < 16; pair++)
                    _mm512_store_si512(to + pair * 64, rows[part][pair]);
            }
        }
}

static void prepare_values(const workspace *w, long kv_head) {
    const ck_attention *a = w->a;
    const char *values = (const char *)a->values + kv_head * a->head_stride;
    for (long key = w->first_step * KEYS; key < w->key_steps * KEYS; key += 2)
        for (long d = 0; d < w->dim_steps * STEP_COLUMNS; d += 16) {
            __m512 first = _mm512_setzero_ps(), second = first;
            if (key < a->length) first = load_part(a, values + key * a->entry_stride, d);
            if (key + 1 < a->length) second = load_part(a, values + (key + 1) * a->entry_stride, d);
            char *to = w->values +
                       (d / STEP_COLUMNS * w->key_steps + key / KEYS) * PARTS * STEP_BYTES +
                       d % STEP_COLUMNS / 16 * TILE_BYTES + key % KEYS / 2 * 64;
            _mm512_store_si512(to, pairs_of(first, second));
            _mm512_store_si512(to + STEP_BYTES, pairs_of(rest_of(first), rest_of(second)));
        }
}

// The block's queries over sqrt(head_dim); rows beyond the last are 0.
INLINE void prepare_queries(const int parts, const workspace *w, const block_shape *s,
                            long kv_head) {
    const ck_attention *a = w->a;
    const __m512 scale = _mm512_set1_ps(1 / sqrtf((float)a->head_dim));
    for (int r = 0; r < ROWS; r++) {
        const float *q = query_of(a, s, kv_head, r < s->rows ? r : 0);
        for (long d = 0; d < w->dim_steps; d++) {
            char *to = w->queries + (r / TILE_ROWS * w->dim_steps + d) * parts * TILE_BYTES +
                       r % TILE_ROWS * 64;
            __m512i halves[PARTS] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
            if (r < s->rows)
                split(parts, _mm512_mul_ps(load_inputs(q, d * STEP_COLUMNS, a->head_dim), scale),
                      _mm512_mul_ps(load_inputs(q, d * STEP_COLUMNS + 16, a->head_dim), scale),
                      halves);
            for (int part = 0; part < parts; part++)
                _mm512_store_si512(to + part * TILE_BYTES, halves[part]);
        }
    }
}

// Prefetches a block's queries into the second-level cache: each is far from the one before.
static void fetch_queries(const ck_attention *a, long block, long kv_head) {
    block_shape s = shape_of(a, block);
    for (int r = 0; r < s.rows; r++)
        for (long d = 0; d < a->head_dim; d += 16)
            __builtin_prefetch(query_of(a, &s, kv_head, r) + d, 0, 2);
}

// Which of the 16 entries from `key` on a row sees.
INLINE __mmask16 seen_from(const block_shape *s, int r, long key) {
    __mmask16 mask = first_lanes(s->limits[r] - key);
    // Without a window, or behind its begin, nothing is hidden in front.
    if (key < s->firsts[ROWS - 1]) mask &= (__mmask16)~first_lanes(s->firsts[r] - key);
    return mask;
}

// Replaces the scores of the steps [first, steps) by exponentials relative to each row's maximum, and
// fills `shares` with them; inverse [ROWS] = 1 / their sums.
INLINE void exponentiate(const int parts, const workspace *w, const block_shape *s, long first,
                         long steps, float *inverse) {
    __m512 most[ROWS], sums[ROWS];
    for (int r = 0; r < ROWS; r++) {
        most[r] = _mm512_set1_ps(-INFINITY);
        sums[r] = _mm512_setzero_ps();
    }
    for (long step = first; step < steps; step++)
        for (int r = 0; r < ROWS; r++)
            for (int half = 0; half < KEYS; half += 16) {
                const float *score = w->scores + step * SCORES + r * KEYS + half;
                __mmask16 mask = seen_from(s, r, step * KEYS + half);
                most[r] = _mm512_mask_max_ps(most[r], mask, most[r], _mm512_load_ps(score));
            }
    for (int r = 0; r < ROWS; r++) most[r] = _mm512_set1_ps(_mm512_reduce_max_ps(most[r]));
    for (long step = first; step < steps; step++)
        for (int r = 0; r < ROWS; r++) {
            float *score = w->scores + step * SCORES + r * KEYS;
            __m512 e[2];
            for (int half = 0; half < 2; half++) {
                __mmask16 mask = seen_from(s, r, step * KEYS + half * 16);
                __m512 power = _mm512_sub_ps(_mm512_load_ps(score + half * 16), most[r]);
                e[half] = _mm512_maskz_mov_ps(mask, (__m512)exp_lanes((vf)power));
                sums[r] = _mm512_add_ps(sums[r], e[half]);
                _mm512_store_ps(score + half * 16, e[half]);
            }
            __m512i halves[PARTS];
            split(parts, e[0], e[1], halves);
            char *to = w->shares + (r / TILE_ROWS * steps + step) * parts * TILE_BYTES +
                       r % TILE_ROWS * 64;
            for (int part = 0; part < parts; part++)
                _mm512_store_si512(to + part * TILE_BYTES, halves[part]);
        }
    for (int r = 0; r < ROWS; r++) inverse[r] = 1 / _mm512_reduce_add_ps(sums[r]);
}

// sums[j] += sum over rows from `from` on of the probabilities of entry j.
static void sum_columns(const workspace *w, const block_shape *s, const float *inverse, int from,
                        float *sums) {
    for (long key = s->begin / KEYS * KEYS; key < s->visible; key += 16) {
        const float *column = w->scores + key / KEYS * SCORES + key % KEYS;
        __m512 sum = _mm512_setzero_ps();
        for (int r = from; r < s->rows; r++)
            sum =
                _mm512_fmadd_ps(_mm512_load_ps(column + r * KEYS), _mm512_set1_ps(inverse[r]), sum);
        __mmask16 mask = first_lanes(s->visible - key);
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, sums + key));
        _mm512_mask_storeu_ps(sums + key, mask, sum);
    }
}

// sums [ROWS][32] = the products of two groups of inputs `a`, apart bytes from each other, and
// `steps` steps of `b`.
INLINE void multiply(const int parts, const char *a, long apart, const char *b, long steps,
                     float *sums) {
    zero_sums();
    for (long step = 0; step < steps; step++)
        add_step(parts, PARTS, 2, a + step * parts * TILE_BYTES, apart,
                 (const uint8_t *)b + step * PARTS * STEP_BYTES);
    store_sums(2, sums);
}

INLINE void attend_block(const int parts, const workspace *w, long kv_head, long block, float *sums,
                         float *window_sums, long window) {
    const ck_attention *a = w->a;
    block_shape s = shape_of(a, block);
    const long first = s.begin / KEYS, steps = (s.visible + KEYS - 1) / KEYS;
    float inverse[ROWS];
    prepare_queries(parts, w, &s, kv_head);
    for (long step = first; step < steps; step++)
        multiply(parts, w->queries, w->dim_steps * parts * TILE_BYTES,
                 w->keys + step * w->dim_steps * PARTS * STEP_BYTES, w->dim_steps,
                 w->scores + step * SCORES);
    exponentiate(parts, w, &s, first, steps, inverse);
    if (sums) sum_columns(w, &s, inverse, 0, sums);
    long from = (a->n - window) * s.group - s.first;
    if (window_sums && from < s.rows)
        sum_columns(w, &s, inverse, from > 0 ? (int)from : 0, window_sums);
    for (long d = 0; d < w->dim_steps; d++) {
        multiply(parts, w->shares + first * parts * TILE_BYTES, steps * parts * TILE_BYTES,
                 w->values + (d * w->key_steps + first) * PARTS * STEP_BYTES, steps - first,
                 w->output);
        for (int r = 0; r < s.rows; r++)
            for (long i = 0; i < STEP_COLUMNS && d * STEP_COLUMNS + i < a->head_dim; i += 16) {
                float *out = output_of(a, &s, kv_head, r) + d * STEP_COLUMNS + i;
                __m512 sum = _mm512_load_ps(w->output + r * STEP_COLUMNS + i);
                _mm512_mask_storeu_ps(out, first_lanes(a->head_dim - d * STEP_COLUMNS - i),
                                      _mm512_mul_ps(sum, _mm512_set1_ps(inverse[r])));
            }
    }
}

INLINE void attend(const int parts, const workspace *w, long kv_head, long first, long last,
                   float *sums, float *window_sums, long window) {
    prepare_keys(w, kv_head);
    prepare_values(w, kv_head);
    configure_tiles();
    for (long block = first; block < last; block++) {
        if (block + 1 < last) fetch_queries(w->a, block + 1, kv_head);
        attend_block(parts, w, kv_head, block, sums_of(w->a, sums, block, first),
                     sums_of(w->a, window_sums, block, first), window);
    }
    _tile_release();
}

int ck_amx_attend(const ck_attention *a, long kv_head, long first, long last, float *sums,
                  float *window_sums, long window) {
    long visible = shape_of(a, last - 1).visible;
    workspace w = {.a = a,
                   .dim_steps = (a->head_dim + STEP_COLUMNS - 1) / STEP_COLUMNS,
                   .key_steps = (visible + KEYS - 1) / KEYS,
                   .first_step = shape_of(a, first).begin / KEYS};
    char *memory = ck_scratch(CK_SCRATCH_KERNEL, lay_out(&w, NULL));
    if (!memory) return -1;
    lay_out(&w, memory);
    if (a->arithmetic == CK_ARITHMETIC_BF16)
        attend(ROUNDED, &w, kv_head, first, last, sums, window_sums, window);
    else attend(SPLIT, &w, kv_head, first, last, sums, window_sums, window);
    return 0;
}
#pragma clang attribute pop
#endif
