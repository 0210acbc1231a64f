// ck_attention.h for one instruction set, and the table of all float kernels of it.
#include "attention_rows.h"
#include "ck_memory.h"
#include "float_matrix.h"

enum { KEYS = 64 };

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

// turned [head_dim][ROWS] = the block's queries over sqrt(head_dim); rows beyond the last are 0.
INLINE void turn_queries(const ck_attention *a, const block_shape *s, long kv_head, float *turned) {
    float scale = 1 / sqrtf((float)a->head_dim);
    memset(turned, 0, sizeof(float) * (size_t)(ROWS * a->head_dim));
    for (int r = 0; r < s->rows; r++) {
        const float *q = query_of(a, s, kv_head, r);
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
    float *scores = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float));
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
        float *out = output_of(a, &s, kv_head, r);
        for (long d = 0; d < a->head_dim; d++) out[d] = output[r * padded + d] * inverse[r];
    }
    return 0;
}

// MARK: decoding

// Partial results of one chunk and head: maximum (later the factor), sum, output [head_dim].
INLINE float *partial_of(const ck_attention *a, float *partials, long chunk, long head) {
    return partials + (chunk * a->heads + head) * (a->head_dim + 2);
}

// Entries that pass through the first-level cache at a time.
enum { STEP = 16 };

// The vector of an entry's elements from d on; of q8_0 without their scale.
INLINE vf element_of(const ck_matrix_type type, const char *entry, long d) {
    if (type == CK_Q8_0) return load_i8((const int8_t *)entry + d / 32 * 34 + 2 + d % 32);
    return load_element(type, entry, d);
}

INLINE vf scale_of(const char *entry, long d) {
    uint16_t scale[LANES] = {0};
    memcpy(scale, entry + d / 32 * 34, 2);
    return splat(load_f16(scale)[0]);
}

// scores[k] = scale * q . entries[k] for `count` entries, `stride` bytes apart; `dim` is a multiple of
// LANES, of q8_0 of 32. `type` is a constant where this is inlined.
INLINE void score_entries(const ck_matrix_type type, const float *q, const char *entries,
                          long stride, long count, long dim, float scale, float *scores) {
    const long block = type == CK_Q8_0 ? 32 : LANES;  // elements with one scale
    for (long k = 0; k < count; k += 4) {
        const char *e[4];
        for (int i = 0; i < 4; i++) e[i] = entries + minimum(k + i, count - 1) * stride;
        fetch_ahead(e[0], 4 * stride);
        vf sum[4] = {{0}};
        for (long d = 0; d < dim; d += block)
            for (int i = 0; i < 4; i++) {
                vf part = type == CK_Q8_0 ? (vf){0} : sum[i];
                for (long v = d; v < d + block; v += LANES) part += load(q + v) * element_of(type, e[i], v);
                sum[i] = type == CK_Q8_0 ? sum[i] + part * scale_of(e[i], d) : part;
            }
        v4f sums = sum_lanes_of_4(sum[0], sum[1], sum[2], sum[3]) * scale;
        memcpy(scores + k, &sums, sizeof(float) * (size_t)minimum(4, count - k));
    }
}

// output[d .. d + vectors * LANES) += sum over k of weights[k] * entries[k].
INLINE void add_entries(const ck_matrix_type type, const int vectors, const float *weights,
                        const char *entries, long stride, long count, long d, float *output) {
    vf sum[8];
    for (int v = 0; v < vectors; v++) sum[v] = load(output + d + v * LANES);
    for (long k = 0; k < count; k++) {
        const char *entry = entries + k * stride;
        if (d == 0) fetch_ahead(entry, stride);
        vf weight = splat(weights[k]);
        for (int v = 0; v < vectors; v++) {
            long at = d + v * LANES;
            if (type == CK_Q8_0 && (v == 0 || at % 32 == 0)) weight = weights[k] * scale_of(entry, at);
            sum[v] += weight * element_of(type, entry, at);
        }
    }
    for (int v = 0; v < vectors; v++) store(output + d + v * LANES, sum[v]);
}

INLINE void weigh_entries(const ck_matrix_type type, const float *weights, const char *entries,
                          long stride, long count, long dim, float *output) {
    long d = 0;
    for (; d + 8 * LANES <= dim; d += 8 * LANES)
        add_entries(type, 8, weights, entries, stride, count, d, output);
    for (; d + 2 * LANES <= dim; d += 2 * LANES)
        add_entries(type, 2, weights, entries, stride, count, d, output);
    for (; d < dim; d += LANES) add_entries(type, 1, weights, entries, stride, count, d, output);
}

// One key/value head while decoding. Entries that a vector load can take are read where they are; f16
// and f32 of odd sizes are converted, STEP at a time, to floats padded with zeros.
typedef struct {
    const ck_attention *a;
    int direct;
    ck_matrix_type type;
    long padded;     // head_dim rounded up to LANES
    float *entries;  // [STEP][padded], where not direct
} decoder;

INLINE const char *entries_of(const decoder *s, const char *first, long count, long *stride) {
    const ck_attention *a = s->a;
    *stride = s->direct ? a->entry_stride : s->padded * 4;
    if (s->direct) return first;
    for (long k = 0; k < count; k++)
        load_entry(a->precision, first + k * a->entry_stride, a->head_dim,
                   s->entries + k * s->padded);
    return (const char *)s->entries;
}

// Scores, or with `output` weighted values, of entries [first, last) for a group of query heads.
// rows: [group] rows of scores, `a->length` apart; q and output: [group][padded].
INLINE void pass(const decoder *s, const char *cached, long first, long last, long group,
                 const float *q, float *rows, float *output) {
    float scale = 1 / sqrtf((float)s->a->head_dim);
    for (long j = first; j < last; j += STEP) {
        long count = minimum(last - j, STEP), stride;
        const char *entries = entries_of(s, cached + j * s->a->entry_stride, count, &stride);
        for (long g = 0; g < group; g++) {
            float *row = rows + g * s->a->length + j;
            switch (s->type) {
#define TYPE(t)                                                                                    \
    case t:                                                                                        \
        if (output) weigh_entries(t, row, entries, stride, count, s->padded, output + g * s->padded); \
        else score_entries(t, q + g * s->padded, entries, stride, count, s->padded, scale, row);   \
        break;
                TYPE(CK_F32) TYPE(CK_F16) TYPE(CK_Q8_0)
#undef TYPE
            }
        }
    }
}

static int decode_chunk(const ck_attention *a, long kv_head, long chunk, float *scores,
                        float *partials) {
    long group = a->heads / a->kv_heads, dim = a->head_dim;
    long first = chunk * CK_DECODE_CHUNK, last = minimum(a->length, first + CK_DECODE_CHUNK);
    decoder s = {.a = a, .padded = (dim + LANES - 1) / LANES * LANES};
    s.direct = dim == s.padded;
    if (s.direct && a->precision == CK_CACHE_F16) s.type = CK_F16;
    if (a->precision == CK_CACHE_Q8_0) s.type = CK_Q8_0;
    size_t floats = (size_t)((STEP + 2 * group) * s.padded);
    s.entries = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float));
    if (!s.entries) return -1;
    memset(s.entries, 0, floats * sizeof(float));
    float *q = s.entries + STEP * s.padded, *output = q + group * s.padded;
    for (long g = 0; g < group; g++)
        memcpy(q + g * s.padded, a->q + (kv_head * group + g) * dim, sizeof(float) * (size_t)dim);
    float *rows = scores + kv_head * group * a->length;

    const char *keys = (const char *)a->keys + kv_head * a->head_stride;
    const char *values = (const char *)a->values + kv_head * a->head_stride;
    pass(&s, keys, first, last, group, q, rows, NULL);
    fetch_start(values + first * a->entry_stride, (last - first) * a->entry_stride);
    for (long g = 0; g < group; g++) {
        float *e = rows + g * a->length + first;
        float *partial = partial_of(a, partials, chunk, kv_head * group + g);
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
    pass(&s, values, first, last, group, NULL, rows, output);
    for (long g = 0; g < group; g++)
        memcpy(partial_of(a, partials, chunk, kv_head * group + g) + 2, output + g * s.padded,
               sizeof(float) * (size_t)dim);
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
        fetch_ahead(p, 4 * sizeof(vi));
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
