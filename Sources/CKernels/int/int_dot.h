// Sums of four products of bytes in each 32-bit lane.
#ifndef INT_DOT_H
#define INT_DOT_H

#include "float_simd.h"

typedef uint8_t vb __attribute__((vector_size(4 * LANES)));
typedef uint16_t vs __attribute__((vector_size(4 * LANES)));
typedef uint8_t vb_bytes __attribute__((vector_size(4 * LANES), aligned(1), may_alias));
typedef uint8_t vq_bytes __attribute__((vector_size(LANES), aligned(1), may_alias));
typedef int32_t vi_memory __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vb load_bytes(const uint8_t *p) { return *(const vb_bytes *)p; }
INLINE vf load_low_nibbles(const uint8_t *p) {
    return __builtin_convertvector(*(const vq_bytes *)p & 15, vf);
}
INLINE vf load_high_nibbles(const uint8_t *p) {
    return __builtin_convertvector(*(const vq_bytes *)p >> 4, vf);
}
INLINE vf load_u8(const uint8_t *p) { return __builtin_convertvector(*(const vq_bytes *)p, vf); }

// A block's sum starts from SUM_START and ends as a float. Where one instruction adds four products,
// conversions wait for the ports that multiply; so the start is 1.5 x 2^23, whose last bits count in
// ones, and a subtraction, which has a port of its own, leaves the sum. It stays below 2^22.
#if defined(HARDWARE_DOT)
enum { SUM_START = 0x4b400000 };
INLINE vf sum_as_floats(vi sum) { return (vf)sum - 12582912.0f; }
#else
enum { SUM_START = 0 };
INLINE vf sum_as_floats(vi sum) { return __builtin_convertvector(sum, vf); }
#endif

// acc[l] += sum over j of weights[4 l + j] * x[j]; weights unsigned, x four signed bytes. is_wide:
// weights may exceed 127.
INLINE vi dot(vi acc, vb weights, int32_t x, const int is_wide) {
#if LANES == 16
    (void)is_wide;
    return (vi)_mm512_dpbusd_epi32((__m512i)acc, (__m512i)weights, _mm512_set1_epi32(x));
#elif defined(HARDWARE_DOT)
    (void)is_wide;
    return (vi)_mm256_dpbusd_epi32((__m256i)acc, (__m256i)weights, _mm256_set1_epi32(x));
#elif LANES == 8
    __m256i w = (__m256i)weights, v = _mm256_set1_epi32(x), ones = _mm256_set1_epi16(1);
    if (!is_wide) {  // two products of at most 127 x 127 fit 16 bits
        __m256i pairs = _mm256_maddubs_epi16(w, v);
        return acc + (vi)_mm256_madd_epi16(pairs, ones);
    }
    // Two products of 255 x 127 do not, so w is split into (w - 128) + 128. The signed part is
    // multiplied with its sign moved to x: two products of 128 x 127 just fit. The constant part
    // depends on x alone.
    __m256i s = _mm256_xor_si256(w, _mm256_set1_epi8(-128));
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(s), _mm256_sign_epi8(v, s));
    __m256i rest = _mm256_maddubs_epi16(_mm256_set1_epi8(64), v);
    return acc + (vi)_mm256_madd_epi16(pairs, ones) +
           (vi)_mm256_madd_epi16(rest, _mm256_set1_epi16(2));
#else
    (void)is_wide;
    int8_t v[4];
    uint8_t w[4 * LANES];
    memcpy(v, &x, 4);
    memcpy(w, &weights, sizeof w);
    for (int l = 0; l < LANES; l++)
        for (int j = 0; j < 4; j++) acc[l] += w[4 * l + j] * v[j];
    return acc;
#endif
}
#endif
