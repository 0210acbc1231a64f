#include "ck_attention.h"

#include <math.h>

#include "attention_rows.h"
#include "float_table.h"
#include "tile_table.h"

long ck_attention_blocks(const ck_attention *a) {
    return (a->n * (a->heads / a->kv_heads) + CK_ATTENTION_ROWS - 1) / CK_ATTENTION_ROWS;
}

int ck_attention_rows(ck_isa isa, const ck_attention *a, long kv_head, long first, long last,
                      float *sums, float *window_sums, long window) {
    const ck_tile_table *tiles = ck_attention_tiles(isa, a);
    return (tiles ? tiles->attend : ck_floats(isa)->attend)(a, kv_head, first, last, sums,
                                                            window_sums, window);
}

static long decode_chunks(const ck_attention *a) {
    return (a->length + CK_DECODE_CHUNK - 1) / CK_DECODE_CHUNK;
}

long ck_decode_partials(const ck_attention *a) {
    return decode_chunks(a) * a->heads * (a->head_dim + 2);
}

int ck_decode_chunk(ck_isa isa, const ck_attention *a, long kv_head, long chunk, float *scores,
                    float *partials) {
    return ck_floats(isa)->decode_chunk(a, kv_head, chunk, scores, partials);
}

void ck_decode_combine(const ck_attention *a, long head, float *partials) {
    long chunks = decode_chunks(a), stride = a->heads * (a->head_dim + 2);
    float *partial = partials + head * (a->head_dim + 2), *out = a->out + head * a->head_dim;
    float most = -INFINITY, total = 0;
    for (long c = 0; c < chunks; c++) most = fmaxf(most, partial[c * stride]);
    for (long c = 0; c < chunks; c++) {
        partial[c * stride] = expf(partial[c * stride] - most);
        total += partial[c * stride] * partial[c * stride + 1];
    }
    for (long d = 0; d < a->head_dim; d++) out[d] = 0;
    for (long c = 0; c < chunks; c++) {
        float factor = partial[c * stride] /= total;
        const float *values = partial + c * stride + 2;
        for (long d = 0; d < a->head_dim; d++) out[d] += factor * values[d];
    }
}

void ck_decode_mean(ck_isa isa, const ck_attention *a, const float *scores, const float *partials,
                    long first, long last, float *attention) {
    ck_floats(isa)->decode_mean(a, scores, partials, first, last, attention);
}
