// ck_vector.h for one instruction set. Rows that are no multiple of LANES end with a copy of the
// remainder padded to one vector, so that every element takes the same path.
#include "float_simd.h"
#include "float_table.h"

// The vector at x + i, elements from `count` on replaced by `fill`.
INLINE vf load_tail(const float *x, long i, long count, float fill) {
    float t[LANES];
    for (int l = 0; l < LANES; l++) t[l] = i + l < count ? x[i + l] : fill;
    return load(t);
}

INLINE vf load_or_tail(const float *x, long i, long count, float fill) {
    return i + LANES <= count ? load(x + i) : load_tail(x, i, count, fill);
}

INLINE void store_or_tail(float *y, long i, long count, vf v) {
    if (i + LANES <= count) {
        store(y + i, v);
        return;
    }
    float t[LANES];
    store(t, v);
    memcpy(y + i, t, sizeof(float) * (size_t)(count - i));
}

static void rms_norm(const float *x, const float *weight, long count, float epsilon, float *y) {
    vf sum = {0};
    for (long i = 0; i < count; i += LANES) {
        vf v = load_or_tail(x, i, count, 0);
        sum += v * v;
    }
    float scale = 1 / sqrtf(sum_lanes(sum) / (float)count + epsilon);
    for (long i = 0; i < count; i += LANES)
        store_or_tail(y, i, count,
                      load_or_tail(x, i, count, 0) * scale * load_or_tail(weight, i, count, 0));
}

static void layer_norm(const float *x, const float *weight, const float *bias, long count,
                       float epsilon, float *y) {
    vf sum = {0};
    for (long i = 0; i < count; i += LANES) sum += load_or_tail(x, i, count, 0);
    float mean = sum_lanes(sum) / (float)count;
    sum = (vf){0};
    for (long i = 0; i < count; i += LANES) {
        vf v = load_or_tail(x, i, count, mean) - mean;
        sum += v * v;
    }
    float scale = 1 / sqrtf(sum_lanes(sum) / (float)count + epsilon);
    for (long i = 0; i < count; i += LANES) {
        vf v = (load_or_tail(x, i, count, 0) - mean) * scale;
        store_or_tail(y, i, count,
                      v * load_or_tail(weight, i, count, 0) + load_or_tail(bias, i, count, 0));
    }
}

static void rope(float *x, const float *cosines, const float *sines, long heads, long head_dim,
                 long pairs) {
    for (long head = 0; head < heads; head++, x += head_dim)
        for (long i = 0; i < pairs; i += LANES) {
            vf c = load_or_tail(cosines, i, pairs, 0), s = load_or_tail(sines, i, pairs, 0);
            vf a = load_or_tail(x, i, pairs, 0), b = load_or_tail(x + pairs, i, pairs, 0);
            store_or_tail(x, i, pairs, a * c - b * s);
            store_or_tail(x + pairs, i, pairs, b * c + a * s);
        }
}

static void silu_multiply(const float *gate, const float *up, long count, float *y) {
    for (long i = 0; i < count; i += LANES) {
        vf g = load_or_tail(gate, i, count, 0);
        store_or_tail(y, i, count, silu(g) * load_or_tail(up, i, count, 0));
    }
}

static void quick_gelu(const float *x, long count, float *y) {
    for (long i = 0; i < count; i += LANES) {
        vf v = load_or_tail(x, i, count, 0);
        store_or_tail(y, i, count, v / (1.0f + exp_lanes(v * -1.702f)));
    }
}

// 0.5 x (1 + tanh(u)) is x * sigmoid(2 u).
static void tanh_gelu(const float *x, long count, float *y) {
    for (long i = 0; i < count; i += LANES) {
        vf v = load_or_tail(x, i, count, 0);
        vf u = v * (v * v * 0.044715f + 1.0f) * 1.59576912f;
        store_or_tail(y, i, count, v / (1.0f + exp_lanes(-u)));
    }
}

static void gelu(const float *x, long count, float *y) {
    for (long i = 0; i < count; i += LANES) {
        vf v = load_or_tail(x, i, count, 0);
        vf z = (vf)((vi)v & 0x7fffffff) * 0.70710678f;
        vf t = 1.0f / (z * 0.3275911f + 1.0f);
        vf p = t * 1.061405429f - 1.453152027f;
        p = p * t + 1.421413741f;
        p = p * t - 0.284496736f;
        p = p * t + 0.254829592f;
        vf erf = 1.0f - p * t * exp_lanes(-(z * z));
        erf = (vf)((vi)erf | ((vi)v & (vi)splat(-0.0f)));
        store_or_tail(y, i, count, v * 0.5f * (1.0f + erf));
    }
}

static void add(float *y, const float *x, long count) {
    for (long i = 0; i < count; i++) y[i] += x[i];
}

INLINE float maximum(const float *x, long count) {
    vf most = splat(-INFINITY);
    for (long i = 0; i < count; i += LANES)
        most = larger(load_or_tail(x, i, count, -INFINITY), most);
    return max_lanes(most);
}

static float softmax(float *x, long count) {
    float most = maximum(x, count);
    vf sum = {0};
    for (long i = 0; i < count; i += LANES) {
        vf e = exp_lanes(load_or_tail(x, i, count, -INFINITY) - most);
        sum += e;
        store_or_tail(x, i, count, e);
    }
    float total = sum_lanes(sum), scale = 1 / total;
    for (long i = 0; i < count; i++) x[i] *= scale;
    return most + logf(total);
}

static float log_sum_exp(const float *x, long count) {
    float most = maximum(x, count);
    vf sum = {0};
    for (long i = 0; i < count; i += LANES)
        sum += exp_lanes(load_or_tail(x, i, count, -INFINITY) - most);
    return most + logf(sum_lanes(sum));
}

static void f16_to_f32(const void *halves, long count, float *y) {
    const uint16_t *h = halves;
    long i = 0;
    for (; i + LANES <= count; i += LANES) store(y + i, load_f16(h + i));
    if (i == count) return;
    uint16_t t[LANES] = {0};
    memcpy(t, h + i, sizeof(uint16_t) * (size_t)(count - i));
    store_or_tail(y, i, count, load_f16(t));
}
