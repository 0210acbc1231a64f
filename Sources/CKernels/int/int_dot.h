// Sums of four products of bytes in each 32-bit lane.
#ifndef INT_DOT_H
#define INT_DOT_H

#include "float_simd.h"
#include "layout.h"

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
#if defined(HARDWARE_DOT) && LANES == 8
enum { SUM_START = 0x4b400000 };
INLINE vf sum_as_floats(vi sum) { return (vf)sum - 12582912.0f; }
#else
enum { SUM_START = 0 };
INLINE vf sum_as_floats(vi sum) { return __builtin_convertvector(sum, vf); }
#endif

// Weights of 8 bits are multiplied as signed numbers where no instruction takes unsigned ones beyond
// 127 without overflow: their zero of 128 is gone then.
#if defined(SIGNED_BYTES)
INLINE int is_signed(const ck_layout layout) { return layout_of(layout).low == 8; }
#else
INLINE int is_signed(const ck_layout layout) { return (void)layout, 0; }
#endif
INLINE int zero_of(const ck_layout layout) {
    return is_signed(layout) ? 0 : layout_of(layout).zero;
}

// Where prepare_block puts columns 4 g to 4 g + 3 of input m, of `spacing` inputs that are prepared
// side by side: instructions that multiply by two inputs take 8 columns of each.
INLINE long word_at(const long g, const long m, const long spacing) {
#if defined(HARDWARE_MATRIX)
    if (spacing > 1) return g / 2 * 2 * spacing + m * 2 + g % 2;
#endif
    return g * spacing + m;
}

#if defined(__aarch64__) && defined(SIGNED_BYTES)
#include "int_dot_arm.h"
#else
#if LANES == 8
// Keeps a sum's additions in the order in which they are written. The compiler would add products to
// each other first, and then has more of them than registers.
INLINE __m256i in_order(__m256i sum) {
    __asm__("" : "+x"(sum));
    return sum;
}

// Sums of two products in 16 bits, which hold two of 127 x 127 and two of 128 x 127: a signed
// weight's sign moves to x.
INLINE __m256i dot_pairs(vb weights, int32_t x, const ck_layout layout) {
    __m256i w = (__m256i)weights, v = _mm256_set1_epi32(x);
    if (!is_signed(layout)) return _mm256_maddubs_epi16(w, v);
    return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(v, w));
}
#endif

// acc[l] += sum over j of weights[4 l + j] * x[j]; weights unsigned (or signed, see above), x four
// signed bytes.
INLINE vi dot(vi acc, vb weights, int32_t x, const ck_layout layout) {
#if LANES == 16
    (void)layout;
    return (vi)_mm512_dpbusd_epi32((__m512i)acc, (__m512i)weights, _mm512_set1_epi32(x));
#elif defined(HARDWARE_DOT)
    (void)layout;
    return (vi)_mm256_dpbusd_epi32((__m256i)acc, (__m256i)weights, _mm256_set1_epi32(x));
#elif LANES == 8
    return acc + (vi)_mm256_madd_epi16(dot_pairs(weights, x, layout), _mm256_set1_epi16(1));
#else
    (void)layout;
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
#endif
