// ck_attention.h for one instruction set, and the table of all float kernels of it.
#include <stdlib.h>

#include "float_matrix.h"

enum { ROWS = CK_ATTENTION_ROWS, KEYS = 64 };

// `count` elements of a cached vector as floats.
INLINE void load_entry(int precision, const void *entry, long count, float *y) {
    if (precision == CK_CACHE_F32) memcpy(y, entry, sizeof(float) * (size_t)count);
    else if (precision == CK_CACHE_F16) f16_to_f32(entry, count, y);
    else
        for (long i = 0; i < count; i += 32) {
            const uint8_t *block = (const uint8_t *)entry + i / 32 * 34;
            uint16_t scale[LANES] = {0};
            memcpy(scale, block, 2);
            float d = load_f16(scale)[0];
            for (int j = 0; j < 32; j += LANES)
                store(y + i + j, d * load_i8((const int8_t *)block + 2 + j));
        }
}

INLINE long minimum(long a, long b) { return a < b ? a : b; }

typedef struct {
    long group;    // query heads that share the key/value head
    long first;    // first row of the block; row r is query r / group, head r % group of the group
    int rows;      // at most ROWS
    long visible;  // entries that the block's last row sees
    long limits[ROWS];  // entries that each row sees
} block_shape;

INLINE block_shape shape_of(const ck_attention *a, long block) {
    block_shape s = {.group = a->heads / a->kv_heads, .first = block * ROWS};
    s.rows = (int)minimum(a->n * s.group - s.first, ROWS);
    for (int r = 0; r < ROWS; r++) {
        long query = (s.first + (r < s.rows ? r : s.rows - 1)) / s.group;
        s.limits[r] = a->causal ? a->length - a->n + query + 1 : a->length;
    }
    s.visible = s.limits[ROWS - 1];
    return s;
}

// turned [head_dim][ROWS] = the block's queries over sqrt(head_dim); rows beyond the last are 0.
INLINE void turn_queries(const ck_attention *a, const block_shape *s, long kv_head, float *turned) {
    float scale = 1 / sqrtf((float)a->head_dim);
    memset(turned, 0, sizeof(float) * (size_t)(ROWS * a->head_dim));
    for (int r = 0; r < s->rows; r++) {
        long query = (s->first + r) / s->group, head = (s->first + r) % s->group;
        const float *q = a->q + (query * a->heads + kv_head * s->group + head) * a->head_dim;
        for (long d = 0; d < a->head_dim; d++) turned[d * ROWS + r] = q[d] * scale;
    }
}

// scores [visible][ROWS] = keys . queries.
INLINE void score_keys(const ck_attention *a, const block_shape *s, long kv_head,
                       const float *turned, float *entries, float *scores) {
    const char *keys = (const char *)a->keys + kv_head * a->head_stride;
    for (long j = 0; j < s->visible; j += TILE_ROWS) {
        int count = (int)minimum(s->visible - j, TILE_ROWS);
        for (int k = 0; k < count; k++)
            load_entry(a->precision, keys + (j + k) * a->entry_stride, a->head_dim,
                       entries + k * a->head_dim);
        for (int r = 0; r < ROWS; r += 2 * LANES)
            multiply_tile(CK_F32, count, a->head_dim, entries, a->head_dim, 1, turned + r, ROWS,
                          scores + j * ROWS + r, ROWS, 0);
    }
}

// Turns scores into exponentials relative to each row's maximum; inverse [ROWS] = 1 / their sums.
INLINE void exponentiate(const block_shape *s, float *scores, float *inverse) {
    for (long j = s->limits[0]; j < s->visible; j++)
        for (int r = 0; r < ROWS; r++)
            if (j >= s->limits[r]) scores[j * ROWS + r] = -INFINITY;
    for (int r = 0; r < ROWS; r += LANES) {
        float *column = scores + r;
        vf most = load(column), sum = {0};
        for (long j = 1; j < s->visible; j++) most = larger(load(column + j * ROWS), most);
        for (long j = 0; j < s->visible; j++) {
            vf e = exp_lanes(load(column + j * ROWS) - most);
            sum += e;
            store(column + j * ROWS, e);
        }
        store(inverse + r, 1.0f / sum);
    }
}

// sums[j] += sum over rows from `from` on of the probabilities of entry j.
INLINE void sum_columns(const block_shape *s, const float *scores, const float *inverse, int from,
                        float *sums) {
    float weights[ROWS];
    for (int r = 0; r < ROWS; r++) weights[r] = r >= from && r < s->rows ? inverse[r] : 0;
    for (long j = 0; j < s->visible; j++) {
        vf sum = {0};
        for (int r = 0; r < ROWS; r += LANES)
            sum += load(scores + j * ROWS + r) * load(weights + r);
        sums[j] += sum_lanes(sum);
    }
}

// output [ROWS][padded] = exponentials . values; padded: head_dim rounded up to 2 LANES.
INLINE void weigh_values(const ck_attention *a, const block_shape *s, long kv_head, long padded,
                         const float *scores, float *entries, float *output) {
    const char *values = (const char *)a->values + kv_head * a->head_stride;
    memset(entries, 0, sizeof(float) * (size_t)(KEYS * padded));
    for (long j = 0; j < s->visible; j += KEYS) {
        long count = minimum(s->visible - j, KEYS);
        for (long k = 0; k < count; k++)
            load_entry(a->precision, values + (j + k) * a->entry_stride, a->head_dim,
                       entries + k * padded);
        for (int r = 0; r < s->rows; r += TILE_ROWS)
            for (long d = 0; d < padded; d += 2 * LANES)
                multiply_tile(CK_F32, (int)minimum(ROWS - r, TILE_ROWS), count, scores + j * ROWS + r, 1,
                              ROWS, entries + d, padded, output + r * padded + d, padded, j > 0);
    }
}

static int attention_block(const ck_attention *a, long kv_head, long block, float *sums,
                           float *window_sums, long window) {
    block_shape s = shape_of(a, block);
    long padded = (a->head_dim + 2 * LANES - 1) / (2 * LANES) * (2 * LANES);
    size_t floats = (size_t)(s.visible * ROWS + a->head_dim * ROWS + (KEYS + ROWS) * padded);
    float *scores = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    if (!scores) return -1;
    float *turned = scores + s.visible * ROWS, *entries = turned + a->head_dim * ROWS;
    float *output = entries + KEYS * padded, inverse[ROWS];

    turn_queries(a, &s, kv_head, turned);
    score_keys(a, &s, kv_head, turned, entries, scores);
    exponentiate(&s, scores, inverse);
    if (sums) sum_columns(&s, scores, inverse, 0, sums);
    long from = (a->n - window) * s.group - s.first;
    if (window_sums && from < s.rows)
        sum_columns(&s, scores, inverse, from > 0 ? (int)from : 0, window_sums);
    weigh_values(a, &s, kv_head, padded, scores, entries, output);
    for (int r = 0; r < s.rows; r++) {
        long query = (s.first + r) / s.group, head = kv_head * s.group + (s.first + r) % s.group;
        float *out = a->out + (query * a->heads + head) * a->head_dim;
        for (long d = 0; d < a->head_dim; d++) out[d] = output[r * padded + d] * inverse[r];
    }
    free(scores);
    return 0;
}

// MARK: decoding

// Partial results of one chunk and head: maximum (later the factor), sum, output [head_dim].
INLINE float *partial_of(const ck_attention *a, float *partials, long chunk, long head) {
    return partials + (chunk * a->heads + head) * (a->head_dim + 2);
}

INLINE float dot(const float *x, const float *y, long count) {
    vf sum = {0};
    long i = 0;
    for (; i + LANES <= count; i += LANES) sum += load(x + i) * load(y + i);
    if (i < count) sum += load_tail(x, i, count, 0) * load_tail(y, i, count, 0);
    return sum_lanes(sum);
}

static int decode_chunk(const ck_attention *a, long kv_head, long chunk, float *scores,
                        float *partials) {
    long group = a->heads / a->kv_heads, dim = a->head_dim;
    long first = chunk * CK_DECODE_CHUNK, last = minimum(a->length, first + CK_DECODE_CHUNK);
    long padded = (dim + 2 * LANES - 1) / (2 * LANES) * (2 * LANES);
    float *entries = aligned_alloc(64, sizeof(float) * (size_t)((TILE_ROWS + group) * padded + 16));
    if (!entries) return -1;
    float *output = entries + TILE_ROWS * padded, scale = 1 / sqrtf((float)dim);
    memset(entries, 0, sizeof(float) * (size_t)((TILE_ROWS + group) * padded));
    const float *q = a->q + kv_head * group * dim;
    const char *keys = (const char *)a->keys + kv_head * a->head_stride;
    const char *values = (const char *)a->values + kv_head * a->head_stride;
    float *row = scores + kv_head * group * a->length;

    for (long j = first; j < last; j++) {
        const char *key = keys + j * a->entry_stride;
        for (long b = 0; b < a->entry_stride; b += 64) __builtin_prefetch(key + 4096 + b);
        load_entry(a->precision, key, dim, entries);
        for (long g = 0; g < group; g++) row[g * a->length + j] = dot(q + g * dim, entries, dim) * scale;
    }
    for (long g = 0; g < group; g++) {
        float *e = row + g * a->length + first, *partial = partial_of(a, partials, chunk, kv_head * group + g);
        float most = maximum(e, last - first);
        vf sum = {0};
        for (long i = 0; i < last - first; i += LANES) {
            vf v = exp_lanes(load_or_tail(e, i, last - first, -INFINITY) - most);
            sum += v;
            store_or_tail(e, i, last - first, v);
        }
        partial[0] = most;
        partial[1] = sum_lanes(sum);
    }
    for (long j = first; j < last; j += TILE_ROWS) {
        long count = minimum(last - j, TILE_ROWS);
        for (long k = 0; k < count; k++) {
            const char *value = values + (j + k) * a->entry_stride;
            for (long b = 0; b < a->entry_stride; b += 64) __builtin_prefetch(value + 4096 + b);
            load_entry(a->precision, value, dim, entries + k * padded);
        }
        for (long g = 0; g < group; g += TILE_ROWS)
            for (long d = 0; d < padded; d += 2 * LANES)
                multiply_tile(CK_F32, (int)minimum(group - g, TILE_ROWS), count, row + g * a->length + j,
                              a->length, 1, entries + d, padded, output + g * padded + d, padded, 1);
    }
    for (long g = 0; g < group; g++)
        memcpy(partial_of(a, partials, chunk, kv_head * group + g) + 2, output + g * padded,
               sizeof(float) * (size_t)dim);
    free(entries);
    return 0;
}

static void decode_mean(const ck_attention *a, const float *scores, const float *partials,
                        long first, long last, float *attention) {
    float share = 1 / (float)a->heads;
    while (first < last) {
        long chunk = first / CK_DECODE_CHUNK, end = minimum(last, (chunk + 1) * CK_DECODE_CHUNK);
        for (long j = first; j < end; j++) attention[j] = 0;
        for (long head = 0; head < a->heads; head++) {
            const float *e = scores + head * a->length;
            float factor = partials[(chunk * a->heads + head) * (a->head_dim + 2)] * share;
            for (long j = first; j < end; j++) attention[j] += e[j] * factor;
        }
        first = end;
    }
}

// MARK: limits

static uint64_t read_memory(const void *start, size_t bytes) {
    const char *p = start;
    vi sum[4] = {{0}};
    for (const char *end = p + bytes; p < end; p += 4 * sizeof(vi)) {
        for (size_t line = 0; line < 4 * sizeof(vi); line += 64) __builtin_prefetch(p + 4096 + line);
        for (int i = 0; i < 4; i++) sum[i] ^= (vi)load((const float *)p + i * LANES);
    }
    vi all = sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
    return (uint64_t)(uint32_t)all[0];
}

// Keeps the compiler from knowing a value, and from dropping it.
#define OPAQUE(v) __asm__ volatile("" : "+m"(v))

static double float_operations(long rounds) {
    enum { SUMS = LANES == 16 ? 24 : 12 };
    vf sum[SUMS], a = splat(0.5f), b = splat(1e-3f);
    OPAQUE(a);
    OPAQUE(b);
    for (int i = 0; i < SUMS; i++) sum[i] = splat((float)i);
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SUMS; i++) sum[i] = sum[i] * a + b;
    for (int i = 0; i < SUMS; i++) OPAQUE(sum[i]);
    return 2.0 * LANES * SUMS * (double)rounds;
}

const ck_float_table TABLE = {
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .rope = rope,
    .silu_multiply = silu_multiply,
    .quick_gelu = quick_gelu,
    .gelu = gelu,
    .add = add,
    .softmax = softmax,
    .log_sum_exp = log_sum_exp,
    .f16_to_f32 = f16_to_f32,
    .input_rows = TILE_ROWS,
    .prepare = prepare_floats,
    .add_tile = add_float_tile,
    .attention_block = attention_block,
    .decode_chunk = decode_chunk,
    .decode_mean = decode_mean,
    .read_memory = read_memory,
    .operations = float_operations,
};
