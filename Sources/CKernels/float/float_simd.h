// Vectors of LANES floats for the instruction set that the including file is compiled for. Clang's
// vector extension lowers them to zmm, ymm, xmm or NEON registers; a * b + c becomes a fused
// multiply-add where there is one.
#ifndef FLOAT_SIMD_H
#define FLOAT_SIMD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if LANES == 16
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef float vf_memory __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint16_t vh_memory __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
typedef int8_t vb_memory __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef uint8_t vc_memory __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
#if defined(HARDWARE_HALF) || defined(__aarch64__)
typedef _Float16 vf16_memory __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
#endif

INLINE vf load(const float *p) { return *(const vf_memory *)p; }
INLINE void store(float *p, vf v) { *(vf_memory *)p = v; }
INLINE vf splat(float x) { return x - (vf){0}; }
INLINE vf pick(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
INLINE vf larger(vf a, vf b) { return pick(a > b, a, b); }

typedef float v4f __attribute__((vector_size(16)));
typedef float v8f __attribute__((vector_size(32)));

INLINE float sum_of_4(v4f v) { return (v[0] + v[2]) + (v[1] + v[3]); }
INLINE float sum_of_8(v8f v) {
    return sum_of_4(__builtin_shufflevector(v, v, 0, 1, 2, 3) +
                    __builtin_shufflevector(v, v, 4, 5, 6, 7));
}

// Sum of the lanes, always in the same tree.
INLINE float sum_lanes(vf v) {
#if LANES == 16
    return sum_of_8(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                    __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
#elif LANES == 8
    return sum_of_8(v);
#else
    return sum_of_4(v);
#endif
}

// Sums of the lanes of four vectors at once: a third of the shuffles that four single sums need.
// The first step leaves pairs of lanes of two vectors, the second those of four.
#define ONE_OF_8(i) i, i + 8, i + 2, i + 10, i + 4, i + 12, i + 6, i + 14
#define TWO_OF_8(i) i, i + 1, i + 8, i + 9, i + 4, i + 5, i + 12, i + 13
#if LANES == 16
#define TWO_OF(i)                                                                                  \
    i, i + 1, i + 16, i + 17, i + 4, i + 5, i + 20, i + 21, i + 8, i + 9, i + 24, i + 25, i + 12,  \
        i + 13, i + 28, i + 29
#define ONE_OF(i)                                                                                  \
    i, i + 16, i + 2, i + 18, i + 4, i + 20, i + 6, i + 22, i + 8, i + 24, i + 10, i + 26, i + 12, \
        i + 28, i + 14, i + 30
#elif LANES == 8
#define TWO_OF(i) TWO_OF_8(i)
#define ONE_OF(i) ONE_OF_8(i)
#else
#define TWO_OF(i) i, i + 1, i + 4, i + 5
#define ONE_OF(i) i, i + 4, i + 2, i + 6
#endif

INLINE v4f halves_of_8(v8f all) {
    return __builtin_shufflevector(all, all, 0, 1, 2, 3) +
           __builtin_shufflevector(all, all, 4, 5, 6, 7);
}

INLINE v4f sum_of_4_eights(v8f a, v8f b, v8f c, v8f d) {
    v8f ab =
        __builtin_shufflevector(a, b, ONE_OF_8(0)) + __builtin_shufflevector(a, b, ONE_OF_8(1));
    v8f cd =
        __builtin_shufflevector(c, d, ONE_OF_8(0)) + __builtin_shufflevector(c, d, ONE_OF_8(1));
    return halves_of_8(__builtin_shufflevector(ab, cd, TWO_OF_8(0)) +
                       __builtin_shufflevector(ab, cd, TWO_OF_8(2)));
}

INLINE v4f sum_lanes_of_4(vf a, vf b, vf c, vf d) {
    vf ab = __builtin_shufflevector(a, b, ONE_OF(0)) + __builtin_shufflevector(a, b, ONE_OF(1));
    vf cd = __builtin_shufflevector(c, d, ONE_OF(0)) + __builtin_shufflevector(c, d, ONE_OF(1));
    vf all =
        __builtin_shufflevector(ab, cd, TWO_OF(0)) + __builtin_shufflevector(ab, cd, TWO_OF(2));
#if LANES == 16
    return halves_of_8(__builtin_shufflevector(all, all, 0, 1, 2, 3, 4, 5, 6, 7) +
                       __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15));
#elif LANES == 8
    return halves_of_8(all);
#else
    return all;
#endif
}

INLINE float max_lanes(vf v) {
    float t[LANES];
    store(t, v);
    for (int width = LANES / 2; width; width /= 2)
        for (int i = 0; i < width; i++) t[i] = t[i] > t[i + width] ? t[i] : t[i + width];
    return t[0];
}

INLINE vf load_f16(const void *p) {
#if defined(HARDWARE_HALF) || defined(__aarch64__)
    return __builtin_convertvector(*(const vf16_memory *)p, vf);
#else
    // Shifting exponent and fraction into place leaves the exponent 112 too small; one product sets
    // it right and handles subnormals. Infinity and NaN keep their exponent instead.
    vu bits = __builtin_convertvector(*(const vh_memory *)p, vu);
    vu magnitude = (bits & 0x7fff) << 13;
    vf value = (vf)magnitude * 0x1p112f;
    vi special = (vi)magnitude >= 0x0f800000;
    vu result = ((vu)value & ~(vu)special) | ((magnitude | 0x7f800000) & (vu)special);
    return (vf)(result | (bits & 0x8000) << 16);
#endif
}

INLINE vf load_bf16(const void *p) {
    return (vf)(__builtin_convertvector(*(const vh_memory *)p, vu) << 16);
}

INLINE vf load_i8(const int8_t *p) { return __builtin_convertvector(*(const vb_memory *)p, vf); }

// The numbers of q4_0 in LANES bytes, -8 to 7: those of the lower nibbles, or with `upper` of the
// upper ones.
INLINE vf load_nibbles(const uint8_t *p, const int upper) {
    vi bits = (vi) __builtin_convertvector(*(const vc_memory *)p, vu) >> (upper ? 4 : 0);
#if LANES == 16
    // A permutation looks at the lowest four bits of each lane alone, so it needs no mask, and its
    // table is of floats already.
    const vf numbers = {-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7};
    return (vf)_mm512_permutexvar_ps((__m512i)bits, (__m512)numbers);
#else
    return __builtin_convertvector((bits & 15) - 8, vf);
#endif
}

// exp(x), relative error about 2e-7; 0 below -87.3, and exp(88) above 88.
INLINE vf exp_lanes(vf x) {
    vi visible = x > -87.3f;
    x = pick(x < 88.0f, x, splat(88.0f));
    x = larger(x, splat(-87.3f));
    // Adding 1.5 x 2^23 rounds to an integer, which the low bits then hold.
    vf shifted = x * 1.44269504f + 12582912.0f;
    vf n = shifted - 12582912.0f;
    vf r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    vi scale = ((vi)shifted << 23) + (127 << 23);
    return (vf)((vi)(p * (vf)scale) & visible);
}

INLINE vf silu(vf x) { return x / (1.0f + exp_lanes(-x)); }

INLINE float exp_one(float x) { return exp_lanes(splat(x))[0]; }

#endif
