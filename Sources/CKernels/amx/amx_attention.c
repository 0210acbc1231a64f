// ck_attention_rows in AMX's tile registers.
//
// A call covers many blocks of rows of one key/value head, so that its keys and values are packed
// for tile registers once for all of them. Both products are those of amx_tiles.h: queries by keys
// over the dimensions of the head, then probabilities by values over the entries. Keys and values
// are split into parts, queries and probabilities are split or rounded.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,"  \
                                                   "avx512vl,avx512bf16,avx2,fma,f16c"))),         \
                             apply_to = function)
#define LANES 16
#define HARDWARE_HALF 1
#include "amx_attention_inputs.h"
#include "ck_memory.h"
#include "tile_table.h"

// Which of the 16 entries from `key` on a row sees.
INLINE __mmask16 seen_from(const block_shape *s, int r, long key) {
    __mmask16 mask = first_lanes(s->limits[r] - key);
    // From the last row's first entry on, no row's window hides anything.
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

// sums [ROWS][32] = the products of two groups of inputs `a`, which lie `apart` bytes from each
// other, and `steps` steps of `b`.
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
