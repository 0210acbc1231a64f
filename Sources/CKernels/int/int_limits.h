// How many products of bytes an instruction set does at most: a loop that does nothing else.
#include "int_dot.h"

// Hides a vector's value from the compiler, which can then neither compute with it nor drop it.
#if defined(__x86_64__)
INLINE void hide(vi *v) { __asm__ volatile("" : "+v"(*v)); }
#else
INLINE void hide(vi *v) { __asm__ volatile("" : "+w"(*v)); }
#endif

// Adds products of bytes to each lane in as few instructions as there are for it: four, or eight
// where two rows are multiplied by two inputs.
INLINE vi add_bytes(vi sum, vi weights, int32_t x) {
#if LANES == 8 && !defined(HARDWARE_DOT)
    return (vi)_mm256_add_epi16((__m256i)sum, dot_pairs((vb)weights, x, CK_LAYOUT_Q4_0));
#elif defined(HARDWARE_MATRIX)
    return multiply_twos(sum, (int32x4_t)weights, vdupq_n_s32(x));
#else
    return dot(sum, (vb)weights, x, CK_LAYOUT_Q4_0);
#endif
}

static double byte_operations(long rounds) {
#if LANES == 16 || defined(__aarch64__)
    enum { SUMS = 24 };
#elif defined(HARDWARE_DOT)
    enum { SUMS = 12 };  // two a cycle, each ready after five
#else
    enum { SUMS = 8 };
#endif
    vi sum[SUMS] = {{0}};
    vi weights = {0};
    int32_t x = 0;
    __asm__ volatile("" : "+m"(x));
    for (long round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SUMS; i++) {
            sum[i] = add_bytes(sum[i], weights, x);
            hide(&weights);  // otherwise all products would be the same
        }
    }
    vi all = {0};
#pragma clang loop unroll(full)
    for (int i = 0; i < SUMS; i++) all += sum[i];
    hide(&all);
#if defined(HARDWARE_MATRIX)
    enum { PRODUCTS = 8 };
#else
    enum { PRODUCTS = 4 };
#endif
    return 2.0 * PRODUCTS * LANES * SUMS * (double)rounds;
}
