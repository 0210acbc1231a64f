// The float kernels of one instruction set. float_kernels.h defines one such table for each.
#ifndef FLOAT_TABLE_H
#define FLOAT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "ck_attention.h"
#include "panel.h"

// In order of ck_vector.h, ck_matrix.h with panel.h, and ck_attention.h, whose comments hold here too.
typedef struct {
    void (*rms_norm)(const float *x, const float *weight, long count, float epsilon, float *y);
    void (*layer_norm)(const float *x, const float *weight, const float *bias, long count,
                       float epsilon, float *y);
    void (*rope)(float *x, const float *cosines, const float *sines, long heads, long head_dim,
                 long pairs);
    void (*silu_multiply)(const float *gate, const float *up, long count, float *y);
    void (*quick_gelu)(const float *x, long count, float *y);
    void (*tanh_gelu)(const float *x, long count, float *y);
    void (*gelu)(const float *x, long count, float *y);
    void (*add)(float *y, const float *x, long count);
    float (*softmax)(float *x, long count);
    float (*log_sum_exp)(const float *x, long count);
    void (*f16_to_f32)(const void *halves, long count, float *y);
    int input_rows;
    void (*prepare)(const float *x, long m, long columns, long first, long last, float *inputs);
    long panel_columns;
    void (*add_one)(ck_layout layout, const void *band, long columns, const void *inputs,
                    float *sums);
    void (*add_panel)(ck_layout layout, const ck_panel *panel);
    int (*attend)(const ck_attention *a, long kv_head, long first, long last, float *sums,
                  float *window_sums, long window);
    int (*decode_chunk)(const ck_attention *a, long kv_head, long chunk, float *scores,
                        float *partials);
    void (*decode_mean)(const ck_attention *a, const float *scores, const float *partials,
                        long first, long last, float *attention);
    uint64_t (*read_memory)(const void *start, size_t bytes);
    double (*operations)(long rounds);
} ck_float_table;

extern const ck_float_table ck_float_portable;
#if defined(__x86_64__)
extern const ck_float_table ck_float_avx2, ck_float_avx512;
#elif defined(__aarch64__)
extern const ck_float_table ck_float_neon;
#endif

static inline const ck_float_table *ck_floats(ck_isa isa) {
#if defined(__x86_64__)
    if (isa >= CK_AVX512) return &ck_float_avx512;
    if (isa >= CK_AVX2) return &ck_float_avx2;
#elif defined(__aarch64__)
    if (isa >= CK_NEON) return &ck_float_neon;
#endif
    (void)isa;
    return &ck_float_portable;
}

#endif
