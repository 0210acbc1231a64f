// ck_attention_rows of ck_attention.h for one instruction set.
#include "attention_rows.h"
#include "ck_memory.h"
#include "float_cached.h"
#include "float_matrix.h"

// Values that are weighed at a time, and the bytes of keys and values that blocks may share: half of
// a usual second-level cache.
enum { VALUES_AT_ONCE = 64, SHARED_BYTES = 1 << 20 };

// The vectors of an entry of blocks of 32 as floats.
INLINE void load_blocks(const ck_type type, const char *entry, long count, float *y) {
    for (long d = 0; d < count; d += CACHED_BLOCK, entry += block_bytes(type)) {
        const vf scale = scale_of(entry);
        for (int i = 0; i < CACHED_BLOCK; i += LANES)
            store(y + d + i, scale * block_numbers(type, entry, i));
    }
}

// `count` elements of a cached vector as floats.
INLINE void load_entry(ck_type type, const void *entry, long count, float *y) {
    switch (type) {
    case CK_TYPE_F32: memcpy(y, entry, sizeof(float) * (size_t)count); break;
    case CK_TYPE_F16: f16_to_f32(entry, count, y); break;
    case CK_TYPE_Q8_0: load_blocks(CK_TYPE_Q8_0, entry, count, y); break;
    case CK_TYPE_Q4_0: load_blocks(CK_TYPE_Q4_0, entry, count, y); break;
    }
}

// Keys or values of one key/value head as floats, `width` apart.
typedef struct {
    const ck_attention *a;
    const char *vectors;
    long width;
    // [shared][width]: all entries, which several blocks use, or those that are used at a time.
    float *floats;
    long shared;
} entry_floats;

static void load_entries(const entry_floats *e, long first, long count, float *y) {
    for (long k = 0; k < count; k++)
        load_entry(e->a->precision, e->vectors + (first + k) * e->a->entry_stride, e->a->head_dim,
                   y + k * e->width);
}

// The entries from `first` on.
INLINE const float *entries_at(const entry_floats *e, long first, long count) {
    if (e->shared) return e->floats + first * e->width;
    load_entries(e, first, count, e->floats);
    return e->floats;
}

// transposed [head_dim][ROWS] = the block's queries over sqrt(head_dim); rows beyond the last are
// 0.
INLINE void transpose_queries(const ck_attention *a, const block_shape *s, long kv_head,
                              float *transposed) {
    float scale = 1 / sqrtf((float)a->head_dim);
    memset(transposed, 0, sizeof(float) * (size_t)(ROWS * a->head_dim));
    // 16 columns at a time, which stay in the first-level cache while all rows fill them in.
    for (long first = 0; first < a->head_dim; first += 16)
        for (int r = 0; r < s->rows; r++) {
            const float *q = query_of(a, s, kv_head, r);
            for (long d = first; d < minimum(first + 16, a->head_dim); d++)
                transposed[d * ROWS + r] = q[d] * scale;
        }
}

// scores [visible][ROWS] = keys . queries, from `begin` on.
INLINE void score_keys(const block_shape *s, const entry_floats *keys, const float *transposed,
                       float *scores) {
    for (long j = s->begin; j < s->visible; j += INPUT_ROWS) {
        int count = (int)minimum(s->visible - j, INPUT_ROWS);
        const float *entries = entries_at(keys, j, count);
        for (int r = 0; r < ROWS; r += 2 * LANES)
            multiply_strip(CK_LAYOUT_F32, count,
                           &(strip_product){.a = entries,
                                            .a_row = keys->width,
                                            .a_column = 1,
                                            .b = transposed + r,
                                            .b_row = ROWS,
                                            .c = scores + j * ROWS + r,
                                            .c_row = ROWS,
                                            .count = keys->width});
    }
}

// Replaces scores by exponentials relative to each row's maximum; inverse [ROWS] = 1 / their sums.
INLINE void exponentiate(const block_shape *s, float *scores, float *inverse) {
    for (long j = s->begin; j < s->firsts[ROWS - 1]; j++)
        for (int r = 0; r < ROWS; r++)
            if (j < s->firsts[r]) scores[j * ROWS + r] = -INFINITY;
    for (long j = s->limits[0]; j < s->visible; j++)
        for (int r = 0; r < ROWS; r++)
            if (j >= s->limits[r]) scores[j * ROWS + r] = -INFINITY;
    for (int r = 0; r < ROWS; r += LANES) {
        float *column = scores + r;
        vf most = load(column + s->begin * ROWS), sum = {0};
        for (long j = s->begin + 1; j < s->visible; j++)
            most = larger(load(column + j * ROWS), most);
        for (long j = s->begin; j < s->visible; j++) {
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
    for (long j = s->begin; j < s->visible; j++) {
        vf sum = {0};
        for (int r = 0; r < ROWS; r += LANES)
            sum += load(scores + j * ROWS + r) * load(weights + r);
        sums[j] += sum_lanes(sum);
    }
}

// output [ROWS][width] = exponentials . values
INLINE void weigh_values(const block_shape *s, const entry_floats *values, const float *scores,
                         float *output) {
    for (long j = s->begin; j < s->visible; j += VALUES_AT_ONCE) {
        long count = minimum(s->visible - j, VALUES_AT_ONCE);
        const float *entries = entries_at(values, j, count);
        for (int r = 0; r < s->rows; r += INPUT_ROWS)
            for (long d = 0; d < values->width; d += 2 * LANES)
                multiply_strip(CK_LAYOUT_F32, (int)minimum(ROWS - r, INPUT_ROWS),
                               &(strip_product){.a = scores + j * ROWS + r,
                                                .a_row = 1,
                                                .a_column = ROWS,
                                                .b = entries + d,
                                                .b_row = values->width,
                                                .c = output + r * values->width + d,
                                                .c_row = values->width,
                                                .count = count,
                                                .keep = j > s->begin});
    }
}

// What the blocks of a call work with.
typedef struct {
    entry_floats keys, values;  // values: head_dim rounded up to 2 LANES, zeros beyond it
    float *scores;              // [visible][ROWS]
    float *transposed;          // [head_dim][ROWS]
    float *output;              // [ROWS][values.width]
} attention_work;

static void attend_block(const ck_attention *a, long kv_head, long block,
                         const attention_work *work, float *sums, float *window_sums, long window) {
    block_shape s = shape_of(a, block);
    float inverse[ROWS];
    transpose_queries(a, &s, kv_head, work->transposed);
    score_keys(&s, &work->keys, work->transposed, work->scores);
    exponentiate(&s, work->scores, inverse);
    if (sums) sum_columns(&s, work->scores, inverse, 0, sums);
    long from = (a->n - window) * s.group - s.first;
    if (window_sums && from < s.rows)
        sum_columns(&s, work->scores, inverse, from > 0 ? (int)from : 0, window_sums);
    weigh_values(&s, &work->values, work->scores, work->output);
    for (int r = 0; r < s.rows; r++) {
        float *out = output_of(a, &s, kv_head, r);
        for (long d = 0; d < a->head_dim; d++)
            out[d] = work->output[r * work->values.width + d] * inverse[r];
    }
}

static int attend(const ck_attention *a, long kv_head, long first, long last, float *sums,
                  float *window_sums, long window) {
    const long width = (a->head_dim + 2 * LANES - 1) / (2 * LANES) * (2 * LANES);
    const long begin = shape_of(a, first).begin, visible = shape_of(a, last - 1).visible;
    const size_t bytes = sizeof(float) * (size_t)(visible * (a->head_dim + width));
    const long shared = last - first > 1 && bytes <= SHARED_BYTES ? visible : 0;
    const long keys = (shared ? shared : INPUT_ROWS) * a->head_dim;
    const long values = (shared ? shared : VALUES_AT_ONCE) * width;
    float *floats = ck_scratch(
        CK_SCRATCH_KERNEL,
        sizeof(float) * (size_t)(keys + values + (visible + a->head_dim) * ROWS + ROWS * width));
    if (!floats) return -1;
    const attention_work work = {
        .keys = {a, (const char *)a->keys + kv_head * a->head_stride, a->head_dim, floats, shared},
        .values = {a, (const char *)a->values + kv_head * a->head_stride, width, floats + keys,
                   shared},
        .scores = floats + keys + values,
        .transposed = floats + keys + values + visible * ROWS,
        .output = floats + keys + values + (visible + a->head_dim) * ROWS};
    if (width > a->head_dim) memset(work.values.floats, 0, sizeof(float) * (size_t)values);
    if (shared) {
        load_entries(&work.keys, begin, visible - begin, floats + begin * a->head_dim);
        load_entries(&work.values, begin, visible - begin, work.values.floats + begin * width);
    }
    for (long block = first; block < last; block++)
        attend_block(a, kv_head, block, &work, sums_of(a, sums, block, first),
                     sums_of(a, window_sums, block, first), window);
    return 0;
}
