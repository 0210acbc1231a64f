// Arithmetic over rows of floats. Input and output may be the same array if a comment says "in
// place"; otherwise arrays must not overlap. No function allocates.
#ifndef CK_VECTOR_H
#define CK_VECTOR_H

#include "ck_isa.h"

// y[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i]. In place.
void ck_rms_norm(ck_isa isa, const float *x, const float *weight, long count, float epsilon,
                 float *y);

// y[i] = (x[i] - mean) / sqrt(variance + epsilon) * weight[i] + bias[i]. In place.
void ck_layer_norm(ck_isa isa, const float *x, const float *weight, const float *bias, long count,
                   float epsilon, float *y);

// Half-split rotary embedding of one position, in place. x [heads, head_dim]; cosines and sines
// [pairs] of the position's angles. Elements i and i + pairs of a head turn together; those from
// 2 * pairs on stay.
void ck_rope(ck_isa isa, float *x, const float *cosines, const float *sines, long heads,
             long head_dim, long pairs);

// y[i] = gate[i] * sigmoid(gate[i]) * up[i]. In place.
void ck_silu_multiply(ck_isa isa, const float *gate, const float *up, long count, float *y);

// y[i] = x[i] * sigmoid(1.702 x[i]); y may be x.
void ck_quick_gelu(ck_isa isa, const float *x, long count, float *y);

// y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); y may be x.
void ck_tanh_gelu(ck_isa isa, const float *x, long count, float *y);

// y[i] = x[i] * (1 + erf(x[i] / sqrt 2)) / 2; y may be x. The error function is Abramowitz and Stegun 7.1.26
// (absolute error below 1.5e-7).
void ck_gelu(ck_isa isa, const float *x, long count, float *y);

// y[i] += x[i].
void ck_add(ck_isa isa, float *y, const float *x, long count);

// Softmax in place; returns log(sum(exp(x))) of the values before. count > 0.
float ck_softmax(ck_isa isa, float *x, long count);

// log(sum(exp(x))). count > 0.
float ck_log_sum_exp(ck_isa isa, const float *x, long count);

// Index of the largest value, the first of equals; NaN is never the largest. count > 0.
long ck_argmax(const float *x, long count);

#endif
