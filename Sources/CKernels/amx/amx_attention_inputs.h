// Queries, keys and values of one call in the order of tile registers.
#include "amx_tiles.h"
#include "attention_rows.h"
#include "float_cached.h"

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

// 16 elements from d on of a vector of blocks of 32.
INLINE __m512 load_block_part(const ck_type type, const char *entry, long d) {
    const char *block = entry + d / CACHED_BLOCK * block_bytes(type);
    const vf numbers =
        d % CACHED_BLOCK ? block_numbers(type, block, 16) : block_numbers(type, block, 0);
    return (__m512)(scale_of(block) * numbers);
}

// 16 elements of a cached vector from d on, zeros from head_dim on.
INLINE __m512 load_part(const ck_attention *a, const char *entry, long d) {
    if (d >= a->head_dim) return _mm512_setzero_ps();
    __mmask16 mask = first_lanes(a->head_dim - d);
    if (a->precision == CK_TYPE_F32) return _mm512_maskz_loadu_ps(mask, (const float *)entry + d);
    if (a->precision == CK_TYPE_F16)
        return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, (const uint16_t *)entry + d));
    if (a->precision == CK_TYPE_Q8_0) return load_block_part(CK_TYPE_Q8_0, entry, d);
    return load_block_part(CK_TYPE_Q4_0, entry, d);
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

// Rounds 32 numbers to bf16 and, with two parts, also their remainders.
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

// Prefetches a block's queries into the second-level cache, because they lie far from each other.
static void fetch_queries(const ck_attention *a, long block, long kv_head) {
    block_shape s = shape_of(a, block);
    for (int r = 0; r < s.rows; r++)
        for (long d = 0; d < a->head_dim; d += 16)
            __builtin_prefetch(query_of(a, &s, kv_head, r) + d, 0, 2);
}
