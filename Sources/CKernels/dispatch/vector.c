#include "ck_vector.h"

#include <math.h>

#include "float_table.h"

void ck_rms_norm(ck_isa isa, const float *x, const float *weight, long count, float epsilon,
                 float *y) {
    ck_floats(isa)->rms_norm(x, weight, count, epsilon, y);
}

void ck_layer_norm(ck_isa isa, const float *x, const float *weight, const float *bias, long count,
                   float epsilon, float *y) {
    ck_floats(isa)->layer_norm(x, weight, bias, count, epsilon, y);
}

void ck_rope(ck_isa isa, float *x, const float *cosines, const float *sines, long heads,
             long head_dim, long pairs) {
    ck_floats(isa)->rope(x, cosines, sines, heads, head_dim, pairs);
}

void ck_silu_multiply(ck_isa isa, const float *gate, const float *up, long count, float *y) {
    ck_floats(isa)->silu_multiply(gate, up, count, y);
}

void ck_quick_gelu(ck_isa isa, const float *x, long count, float *y) {
    ck_floats(isa)->quick_gelu(x, count, y);
}

void ck_tanh_gelu(ck_isa isa, const float *x, long count, float *y) {
    ck_floats(isa)->tanh_gelu(x, count, y);
}

void ck_gelu(ck_isa isa, const float *x, long count, float *y) {
    ck_floats(isa)->gelu(x, count, y);
}

void ck_add(ck_isa isa, float *y, const float *x, long count) { ck_floats(isa)->add(y, x, count); }

float ck_softmax(ck_isa isa, float *x, long count) { return ck_floats(isa)->softmax(x, count); }

float ck_log_sum_exp(ck_isa isa, const float *x, long count) {
    return ck_floats(isa)->log_sum_exp(x, count);
}

long ck_argmax(const float *x, long count) {
    long best = 0;
    float most = -INFINITY;
    for (long i = 0; i < count; i++)
        if (x[i] > most) {
            most = x[i];
            best = i;
        }
    return best;
}
