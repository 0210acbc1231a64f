// int_dot.h's products for aarch64. Weights of 8 bits are signed, others are at most 127.
#include <arm_neon.h>

INLINE vi dot(vi acc, vb weights, int32_t x, const ck_layout layout) {
    (void)layout;
    int8x16_t w = (int8x16_t)weights, v = (int8x16_t)vdupq_n_s32(x);
#if defined(HARDWARE_DOT)
    return (vi)vdotq_s32((int32x4_t)acc, w, v);
#else
    // Two products of 128 x 127 fit 16 bits.
    int16x8_t low = vmull_s8(vget_low_s8(w), vget_low_s8(v)), high = vmull_high_s8(w, v);
    return (vi)vpadalq_s16((int32x4_t)acc, vpaddq_s16(low, high));
#endif
}

#if defined(HARDWARE_MATRIX)
// acc += two rows of 8 columns by two inputs: r0 x0, r0 x1, r1 x0, r1 x1.
INLINE vi multiply_twos(vi acc, int32x4_t weights, int32x4_t x) {
    return (vi)vmmlaq_s32((int32x4_t)acc, (int8x16_t)weights, (int8x16_t)x);
}
#endif
