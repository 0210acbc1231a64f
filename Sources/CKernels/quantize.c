// Quantisation of weights to ggml's blocks of 32, with ggml's reference rounding.
#include <math.h>
#include <string.h>

#include "ck_cache.h"
#include "ck_matrix.h"

void ck_quantize_q8_0(const float *x, long count, void *blocks) {
    uint8_t *out = blocks;
    for (long b = 0; b < count; b += 32, x += 32, out += 34) {
        float largest = 0;
        for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf(x[i]));
        float scale = largest / 127, inverse = scale > 0 ? 1 / scale : 0;
        uint16_t half;
        ck_f32_to_f16(&scale, &half, 1);
        memcpy(out, &half, 2);
        for (int i = 0; i < 32; i++) out[2 + i] = (uint8_t)(int8_t)roundf(x[i] * inverse);
    }
}

// The value of largest magnitude gets the quant -8, so that the scale may be negative.
void ck_quantize_q4_0(const float *x, long count, void *blocks) {
    uint8_t *out = blocks;
    for (long b = 0; b < count; b += 32, x += 32, out += 18) {
        float extreme = 0;
        for (int i = 0; i < 32; i++)
            if (fabsf(x[i]) > fabsf(extreme)) extreme = x[i];
        float scale = extreme / -8, inverse = scale != 0 ? 1 / scale : 0;
        uint16_t half;
        ck_f32_to_f16(&scale, &half, 1);
        memcpy(out, &half, 2);
        for (int i = 0; i < 16; i++) {
            int low = (int)(x[i] * inverse + 8.5f), high = (int)(x[i + 16] * inverse + 8.5f);
            out[2 + i] = (uint8_t)((low > 15 ? 15 : low) | (high > 15 ? 15 : high) << 4);
        }
    }
}
