// ck_decode_chunk and ck_decode_mean of ck_attention.h for one instruction set.
#include "float_attention.h"
#include "float_entries.h"
#if LANES >= 8
#include "float_nibbles.h"
#endif

// Partial results of one chunk and head: maximum (later the factor), sum, output [head_dim].
INLINE float *partial_of(const ck_attention *a, float *partials, long chunk, long head) {
    return partials + (chunk * a->heads + head) * (a->head_dim + 2);
}

// One key/value head. Entries whose numbers fill whole vectors are read where they are; others are
// converted, ENTRIES_AT_ONCE at a time, to floats padded with zeros.
typedef struct {
    const ck_attention *a;
    int is_direct;
    ck_type type;  // of what is read
    long padded;   // head_dim rounded up to LANES
    // [ENTRIES_AT_ONCE][padded], where not direct. Otherwise the scales of two lists, and their products
    // with weights.
    float *entries;
    void *rounded;  // [group] queries for score_nibbles, each with its scales
} decoder;

// Entries from `first` on. index: lists whose scales are wanted at the same time have different ones.
INLINE entry_list entries_of(const decoder *s, const char *first, long count, long index) {
    const ck_attention *a = s->a;
    const long scales = s->padded / CACHED_BLOCK * ENTRIES_AT_ONCE;
    if (s->is_direct)
        return (entry_list){first, a->entry_stride, count, s->padded,
                            s->entries + index % 2 * scales};
    for (long k = 0; k < count; k++)
        load_entry(a->precision, first + k * a->entry_stride, a->head_dim,
                   s->entries + k * s->padded);
    return (entry_list){(const char *)s->entries, s->padded * 4, count, s->padded, NULL};
}

#if LANES >= 8
// A query as score_nibbles takes it: query_block [dim / 32], then scales [dim / 32].
INLINE size_t rounded_bytes(long dim) {
    return (size_t)(dim / CACHED_BLOCK) * sizeof(query_block) +
           (size_t)((dim / CACHED_BLOCK + 15) / 16) * 64;
}

// Scores of a list of q4_0 for one query. products: memory for scales.
INLINE void score_list(const entry_list *list, const char *rounded, float scale, float *products,
                       float *scores) {
    const long blocks = list->dim / CACHED_BLOCK;
    const query_block *q = (const query_block *)rounded;
    const float *own = (const float *)(q + blocks);
    for (long b = 0; b < blocks; b++)
        for (int k = 0; k < ENTRIES_AT_ONCE; k += LANES)
            store(products + b * ENTRIES_AT_ONCE + k,
                  load(list->scales + b * ENTRIES_AT_ONCE + k) * (own[b] * scale));
    for (long k = 0; k < list->count; k += 4) {
        const char *e[4];
        for (int i = 0; i < 4; i++)
            e[i] = list->first + minimum(k + i, list->count - 1) * list->stride;
        store_scores(score_nibbles(e, list->dim, q, products + k, ENTRIES_AT_ONCE), list->count - k,
                     scores + k);
    }
}
#endif

// Scores of a list for a group of query heads, or with `output` its entries weighted by the scores.
// rows: [group] rows of scores, `length` apart; q and output: [group][padded].
INLINE void score_or_weigh(const ck_type type, const decoder *s, const entry_list *list, long group,
                           const float *q, float *rows, float *output) {
    const float scale = 1 / sqrtf((float)s->a->head_dim);
    float *products = s->entries + 2 * (list->dim / CACHED_BLOCK) * ENTRIES_AT_ONCE;
    for (long g = 0; g < group; g++) {
        float *scores = rows + g * s->a->length;
        if (output) {
            weigh_entries(type, list, scores, products, output + g * s->padded);
            continue;
        }
#if LANES >= 8
        if (type == CK_TYPE_Q4_0) {
            score_list(list, (const char *)s->rounded + (size_t)g * rounded_bytes(list->dim), scale,
                       products, scores);
            continue;
        }
#endif
        score_entries(type, list, q + g * s->padded, scale, scores);
    }
}

INLINE void pass_of(const ck_type type, const decoder *s, const char *cached, long first, long last,
                    long group, const float *q, float *rows, float *output) {
    const long step = ENTRIES_AT_ONCE;
    for (long j = first; j < last; j += step) {
        const char *entries = cached + j * s->a->entry_stride;
        const entry_list list = entries_of(s, entries, minimum(last - j, step), j / step);
        if (block_bytes(type)) {
            fetch_ahead(entries, step * s->a->entry_stride);
            // A list earlier, so that nobody waits for the scales.
            if (j == first) load_scales(type, &list);
            if (j + step < last) {
                const entry_list next = entries_of(s, entries + step * s->a->entry_stride,
                                                   minimum(last - j - step, step), j / step + 1);
                load_scales(type, &next);
            }
        }
        score_or_weigh(type, s, &list, group, q, rows + j, output);
    }
}

// Scores, or with `output` weighted values, of entries [first, last) as score_or_weigh has them.
INLINE void pass(const decoder *s, const char *cached, long first, long last, long group,
                 const float *q, float *rows, float *output) {
    switch (s->type) {
#define CASE(id, rotated)                                                                          \
    case CK_TYPE_##id: pass_of(CK_TYPE_##id, s, cached, first, last, group, q, rows, output); break;
        CK_CACHE_TYPES(CASE)
#undef CASE
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
    if (s.is_direct) s.type = a->precision;
    size_t floats = (size_t)((ENTRIES_AT_ONCE + 2 * group) * s.padded), rounded = 0;
#if LANES >= 8
    if (s.type == CK_TYPE_Q4_0) rounded = (size_t)group * rounded_bytes(dim);
#endif
    s.entries = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float) + rounded);
    if (!s.entries) return -1;
    memset(s.entries, 0, floats * sizeof(float));
    float *q = s.entries + ENTRIES_AT_ONCE * s.padded, *output = q + group * s.padded;
    s.rounded = output + group * s.padded;
    for (long g = 0; g < group; g++)
        memcpy(q + g * s.padded, a->q + (kv_head * group + g) * dim, sizeof(float) * (size_t)dim);
#if LANES >= 8
    for (long g = 0; g < group && rounded; g++) {
        query_block *blocks = (query_block *)((char *)s.rounded + (size_t)g * rounded_bytes(dim));
        round_query(q + g * s.padded, dim, blocks, (float *)(blocks + dim / CACHED_BLOCK));
    }
#endif
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
