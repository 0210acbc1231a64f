// ck_attention_rows of ck_attention.h for one instruction set.
#include "attention_rows.h"
#include "ck_memory.h"
#include "float_cached.h"
#include "float_matrix.h"

// Values that are converted to floats at a time.
enum { VALUES_AT_ONCE = 64 };

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

// transposed [head_dim][ROWS] = the block's queries over sqrt(head_dim); rows beyond the last are
// 0.
INLINE void transpose_queries(const ck_attention *a, const block_shape *s, long kv_head,
                              float *transposed) {
    float scale = 1 / sqrtf((float)a->head_dim);
    memset(transposed, 0, sizeof(float) * (size_t)(ROWS * a->head_dim));
    for (int r = 0; r < s->rows; r++) {
        const float *q = query_of(a, s, kv_head, r);
        for (long d = 0; d < a->head_dim; d++) transposed[d * ROWS + r] = q[d] * scale;
    }
}

// scores [visible][ROWS] = keys . queries, from `begin` on.
INLINE void score_keys(const ck_attention *a, const block_shape *s, long kv_head,
                       const float *transposed, float *entries, float *scores) {
    const char *keys = (const char *)a->keys + kv_head * a->head_stride;
    for (long j = s->begin; j < s->visible; j += INPUT_ROWS) {
        int count = (int)minimum(s->visible - j, INPUT_ROWS);
        for (int k = 0; k < count; k++)
            load_entry(a->precision, keys + (j + k) * a->entry_stride, a->head_dim,
                       entries + k * a->head_dim);
        for (int r = 0; r < ROWS; r += 2 * LANES)
            multiply_strip(CK_LAYOUT_F32, count,
                           &(strip_product){.a = entries,
                                            .a_row = a->head_dim,
                                            .a_column = 1,
                                            .b = transposed + r,
                                            .b_row = ROWS,
                                            .c = scores + j * ROWS + r,
                                            .c_row = ROWS,
                                            .count = a->head_dim});
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

// output [ROWS][padded] = exponentials . values; padded: head_dim rounded up to 2 LANES.
INLINE void weigh_values(const ck_attention *a, const block_shape *s, long kv_head, long padded,
                         const float *scores, float *entries, float *output) {
    const char *values = (const char *)a->values + kv_head * a->head_stride;
    memset(entries, 0, sizeof(float) * (size_t)(VALUES_AT_ONCE * padded));
    for (long j = s->begin; j < s->visible; j += VALUES_AT_ONCE) {
        long count = minimum(s->visible - j, VALUES_AT_ONCE);
        for (long k = 0; k < count; k++)
            load_entry(a->precision, values + (j + k) * a->entry_stride, a->head_dim,
                       entries + k * padded);
        for (int r = 0; r < s->rows; r += INPUT_ROWS)
            for (long d = 0; d < padded; d += 2 * LANES)
                multiply_strip(CK_LAYOUT_F32, (int)minimum(ROWS - r, INPUT_ROWS),
                               &(strip_product){.a = scores + j * ROWS + r,
                                                .a_row = 1,
                                                .a_column = ROWS,
                                                .b = entries + d,
                                                .b_row = padded,
                                                .c = output + r * padded + d,
                                                .c_row = padded,
                                                .count = count,
                                                .keep = j > s->begin});
    }
}

static int attention_block(const ck_attention *a, long kv_head, long block, float *sums,
                           float *window_sums, long window) {
    block_shape s = shape_of(a, block);
    long padded = (a->head_dim + 2 * LANES - 1) / (2 * LANES) * (2 * LANES);
    size_t floats =
        (size_t)(s.visible * ROWS + a->head_dim * ROWS + (VALUES_AT_ONCE + ROWS) * padded);
    float *scores = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float));
    if (!scores) return -1;
    float *transposed = scores + s.visible * ROWS, *entries = transposed + a->head_dim * ROWS;
    float *output = entries + VALUES_AT_ONCE * padded, inverse[ROWS];

    transpose_queries(a, &s, kv_head, transposed);
    score_keys(a, &s, kv_head, transposed, entries, scores);
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
