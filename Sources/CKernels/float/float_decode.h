// ck_decode_chunk and ck_decode_mean of ck_attention.h for one instruction set.
#include "float_attention.h"

// Partial results of one chunk and head: maximum (later the factor), sum, output [head_dim].
INLINE float *partial_of(const ck_attention *a, float *partials, long chunk, long head) {
    return partials + (chunk * a->heads + head) * (a->head_dim + 2);
}

// Entries that pass through the first-level cache at a time.
enum { ENTRIES_AT_ONCE = 16 };

// The vector of an entry's numbers from d on; those of q8_0 without their scale.
INLINE vf numbers_of(const ck_type type, const char *entry, long d) {
    if (type == CK_TYPE_Q8_0) return load_i8((const int8_t *)entry + d / 32 * 34 + 2 + d % 32);
    return load_element(type == CK_TYPE_F16 ? CK_LAYOUT_F16 : CK_LAYOUT_F32, entry, d);
}

INLINE vf scale_of(const char *entry, long d) {
    uint16_t scale[LANES] = {0};
    memcpy(scale, entry + d / 32 * 34, 2);
    return splat(load_f16(scale)[0]);
}

// Entries of one key/value head, `stride` bytes apart. `dim` is a multiple of LANES, and of 32 for
// q8_0.
typedef struct {
    const char *first;
    long stride, count, dim;
} entry_list;

// scores[k] = scale * q . entries[k]. `type` is a constant where this is inlined.
INLINE void score_entries(const ck_type type, const entry_list *list, const float *q, float scale,
                          float *scores) {
    const long block = type == CK_TYPE_Q8_0 ? 32 : LANES;  // numbers with one scale
    for (long k = 0; k < list->count; k += 4) {
        const char *e[4];
        for (int i = 0; i < 4; i++)
            e[i] = list->first + minimum(k + i, list->count - 1) * list->stride;
        fetch_ahead(e[0], 4 * list->stride);
        vf sum[4] = {{0}};
        for (long d = 0; d < list->dim; d += block)
            for (int i = 0; i < 4; i++) {
                vf part = type == CK_TYPE_Q8_0 ? (vf){0} : sum[i];
                for (long v = d; v < d + block; v += LANES)
                    part += load(q + v) * numbers_of(type, e[i], v);
                sum[i] = type == CK_TYPE_Q8_0 ? sum[i] + part * scale_of(e[i], d) : part;
            }
        v4f sums = sum_lanes_of_4(sum[0], sum[1], sum[2], sum[3]) * scale;
        memcpy(scores + k, &sums, sizeof(float) * (size_t)minimum(4, list->count - k));
    }
}

// output[d .. d + vectors * LANES) += sum over k of weights[k] * entries[k].
INLINE void add_entries(const ck_type type, const int vectors, const entry_list *list,
                        const float *weights, long d, float *output) {
    vf sum[8];
    for (int v = 0; v < vectors; v++) sum[v] = load(output + d + v * LANES);
    for (long k = 0; k < list->count; k++) {
        const char *entry = list->first + k * list->stride;
        if (d == 0) fetch_ahead(entry, list->stride);
        vf weight = splat(weights[k]);
        for (int v = 0; v < vectors; v++) {
            long at = d + v * LANES;
            if (type == CK_TYPE_Q8_0 && (v == 0 || at % 32 == 0))
                weight = weights[k] * scale_of(entry, at);
            sum[v] += weight * numbers_of(type, entry, at);
        }
    }
    for (int v = 0; v < vectors; v++) store(output + d + v * LANES, sum[v]);
}

INLINE void weigh_entries(const ck_type type, const entry_list *list, const float *weights,
                          float *output) {
    long d = 0;
    for (; d + 8 * LANES <= list->dim; d += 8 * LANES)
        add_entries(type, 8, list, weights, d, output);
    for (; d + 2 * LANES <= list->dim; d += 2 * LANES)
        add_entries(type, 2, list, weights, d, output);
    for (; d < list->dim; d += LANES) add_entries(type, 1, list, weights, d, output);
}

// One key/value head. Entries whose numbers fill whole vectors are read where they are; others are
// converted, ENTRIES_AT_ONCE at a time, to floats padded with zeros.
typedef struct {
    const ck_attention *a;
    int is_direct;
    ck_type type;    // of what is read
    long padded;     // head_dim rounded up to LANES
    float *entries;  // [ENTRIES_AT_ONCE][padded], where not direct
} decoder;

INLINE entry_list entries_of(const decoder *s, const char *first, long count) {
    const ck_attention *a = s->a;
    if (s->is_direct) return (entry_list){first, a->entry_stride, count, s->padded};
    for (long k = 0; k < count; k++)
        load_entry(a->precision, first + k * a->entry_stride, a->head_dim,
                   s->entries + k * s->padded);
    return (entry_list){(const char *)s->entries, s->padded * 4, count, s->padded};
}

// Scores of entries for one query, or with `output` the entries weighted by the scores.
INLINE void score_or_weigh(const ck_type type, const entry_list *list, const float *q, float scale,
                           float *scores, float *output) {
    if (output) weigh_entries(type, list, scores, output);
    else score_entries(type, list, q, scale, scores);
}

// Scores, or with `output` weighted values, of entries [first, last) for a group of query heads.
// rows: [group] rows of scores, `a->length` apart; q and output: [group][padded].
INLINE void pass(const decoder *s, const char *cached, long first, long last, long group,
                 const float *q, float *rows, float *output) {
    const float scale = 1 / sqrtf((float)s->a->head_dim);
    for (long j = first; j < last; j += ENTRIES_AT_ONCE) {
        const entry_list list =
            entries_of(s, cached + j * s->a->entry_stride, minimum(last - j, ENTRIES_AT_ONCE));
        for (long g = 0; g < group; g++) {
            const float *query = output ? NULL : q + g * s->padded;
            float *row = rows + g * s->a->length + j, *sum = output ? output + g * s->padded : NULL;
            switch (s->type) {
            case CK_TYPE_F32: score_or_weigh(CK_TYPE_F32, &list, query, scale, row, sum); break;
            case CK_TYPE_F16: score_or_weigh(CK_TYPE_F16, &list, query, scale, row, sum); break;
            case CK_TYPE_Q8_0: score_or_weigh(CK_TYPE_Q8_0, &list, query, scale, row, sum); break;
            }
        }
    }
}

// Replaces a chunk's scores by exponentials; partial: their maximum and sum.
INLINE void exponentiate_chunk(float *scores, long count, float *partial) {
    const float most = maximum(scores, count);
    vf sum = {0};
    for (long i = 0; i < count; i += LANES) {
        vf v = exp_lanes(load_or_tail(scores, i, count, -INFINITY) - most);
        sum += v;
        store_or_tail(scores, i, count, v);
    }
    partial[0] = most;
    partial[1] = sum_lanes(sum);
}

static int decode_chunk(const ck_attention *a, long kv_head, long chunk, float *scores,
                        float *partials) {
    long group = a->heads / a->kv_heads, dim = a->head_dim;
    long first = chunk * CK_DECODE_CHUNK, last = minimum(a->length, first + CK_DECODE_CHUNK);
    decoder s = {.a = a, .type = CK_TYPE_F32, .padded = (dim + LANES - 1) / LANES * LANES};
    s.is_direct = dim == s.padded;
    if (s.is_direct && a->precision == CK_TYPE_F16) s.type = CK_TYPE_F16;
    if (a->precision == CK_TYPE_Q8_0) s.type = CK_TYPE_Q8_0;
    size_t floats = (size_t)((ENTRIES_AT_ONCE + 2 * group) * s.padded);
    s.entries = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float));
    if (!s.entries) return -1;
    memset(s.entries, 0, floats * sizeof(float));
    float *q = s.entries + ENTRIES_AT_ONCE * s.padded, *output = q + group * s.padded;
    for (long g = 0; g < group; g++)
        memcpy(q + g * s.padded, a->q + (kv_head * group + g) * dim, sizeof(float) * (size_t)dim);
    float *rows = scores + kv_head * group * a->length;

    const char *keys = (const char *)a->keys + kv_head * a->head_stride;
    const char *values = (const char *)a->values + kv_head * a->head_stride;
    pass(&s, keys, first, last, group, q, rows, NULL);
    fetch_start(values + first * a->entry_stride, (last - first) * a->entry_stride);
    for (long g = 0; g < group; g++)
        exponentiate_chunk(rows + g * a->length + first, last - first,
                           partial_of(a, partials, chunk, kv_head * group + g));
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
