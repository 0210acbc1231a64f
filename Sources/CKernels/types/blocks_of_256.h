// The K types: 256 numbers share f16 factors d and m, and groups of 32 or 16 have small whole
// factors of both.
#ifndef BLOCKS_OF_256_H
#define BLOCKS_OF_256_H

#include "blocks.h"

// MARK: q2_k and q3_k

// 2-bit numbers: four runs of 32 share 32 bytes, two bits each.
static inline int two_bits(const uint8_t *bytes, int b, int i) {
    return bytes[b / 4 * 32 + i] >> (b % 4 * 2) & 3;
}

// 16 bytes of a 4-bit scale and a 4-bit minimum for 16 numbers, 64 bytes of 2-bit numbers, d, m.
SPLIT split_q2_k(const uint8_t *stored, int b, split_block *out) {
    for (int half = 0; half < 2; half++) {
        int factors = stored[2 * b + half];
        out->scales[half] = (int8_t)(factors & 15);
        out->minima[half] = (int8_t) - (factors >> 4);
    }
    for (int i = 0; i < 32; i++) out->quants[i] = (int8_t)two_bits(stored + 16, b, i);
}

// 32 bytes of third bits (0: minus 4), 64 bytes of 2-bit numbers, 12 bytes of 6-bit scales, d.
SPLIT split_q3_k(const uint8_t *stored, int b, split_block *out) {
    for (int half = 0; half < 2; half++) {
        // Scale g has its lower 4 bits in byte g % 8 and its upper 2 bits in byte 8 + g % 4.
        int g = 2 * b + half;
        int low = stored[96 + g % 8] >> (g / 8 * 4) & 15,
            high = stored[104 + g % 4] >> (g / 4 * 2) & 3;
        out->scales[half] = (int8_t)((low | high << 4) - 32);
        out->minima[half] = 0;
    }
    for (int i = 0; i < 32; i++)
        out->quants[i] = (int8_t)(two_bits(stored + 32, b, i) - (stored[i] >> b & 1 ? 0 : 4));
}

// MARK: q4_k and q5_k

// Eight 6-bit scales and minima in 12 bytes. Those of the first four runs are bytes 0 to 3 and 4 to
// 7, whose upper two bits complete the nibbles of the last four.
static inline void six_bits(const uint8_t *factors, int b, split_block *out) {
    int scale, minimum;
    if (b < 4) {
        scale = factors[b] & 63;
        minimum = factors[b + 4] & 63;
    } else {
        scale = (factors[b + 4] & 15) | (factors[b - 4] >> 6) << 4;
        minimum = (factors[b + 4] >> 4) | (factors[b] >> 6) << 4;
    }
    for (int half = 0; half < 2; half++) {
        out->scales[half] = (int8_t)scale;
        out->minima[half] = (int8_t)-minimum;
    }
}

// Runs 2 p and 2 p + 1 share 32 bytes: the first has the lower nibbles.
static inline int nibble_of(const uint8_t *nibbles, int b, int i) {
    return nibbles[b / 2 * 32 + i] >> (b % 2 * 4) & 15;
}

// d, m, 12 bytes of factors, 128 bytes of nibbles.
SPLIT split_q4_k(const uint8_t *stored, int b, split_block *out) {
    six_bits(stored + 4, b, out);
    for (int i = 0; i < 32; i++) out->quants[i] = (int8_t)nibble_of(stored + 16, b, i);
}

// The same with 32 bytes of fifth bits before the nibbles: bit b of byte i belongs to number i of
// run b.
SPLIT split_q5_k(const uint8_t *stored, int b, split_block *out) {
    six_bits(stored + 4, b, out);
    for (int i = 0; i < 32; i++)
        out->quants[i] = (int8_t)(nibble_of(stored + 48, b, i) | (stored[16 + i] >> b & 1) << 4);
}

// MARK: q6_k

// Two halves of 128 numbers, each with 64 bytes of nibbles (byte l has numbers l and l + 64) and 32
// bytes of upper bits (byte l has those of numbers l, l + 32, l + 64 and l + 96); 16 signed scales;
// d.
SPLIT split_q6_k(const uint8_t *stored, int b, split_block *out) {
    const uint8_t *low = stored + b / 4 * 64 + b % 2 * 32, *high = stored + 128 + b / 4 * 32;
    for (int half = 0; half < 2; half++) {
        out->scales[half] = (int8_t)stored[192 + 2 * b + half];
        out->minima[half] = 0;
    }
    for (int i = 0; i < 32; i++) {
        int bits = (low[i] >> (b % 4 / 2 * 4) & 15) | (high[i] >> (b % 4 * 2) & 3) << 4;
        out->quants[i] = (int8_t)(bits - 32);
    }
}

// MARK: q4_k from floats (quantize_row_q4_K_ref in ggml-quants.c)

// An approximation of 32 numbers by scale * level - minimum, with levels from 0 to 15.
typedef struct {
    float scale, minimum;
    uint8_t levels[32];
} run_fit;

static void assign_levels(const float *x, float inverse, float least, uint8_t *levels) {
    for (int i = 0; i < 32; i++)
        levels[i] = (uint8_t)rounded_to_even(inverse * (x[i] - least), 0, 15);
}

static float fit_error(const float *x, const float *weights, float scale, float least,
                       const uint8_t *levels) {
    float sum = 0;
    for (int i = 0; i < 32; i++) {
        float difference = scale * (float)levels[i] + least - x[i];
        sum += weights[i] * difference * difference;
    }
    return sum;
}

// Finds the best scale and least value for given levels by weighted least squares. Returns 0 when
// there are none.
static int fit_line(const float *x, const float *weights, const uint8_t *levels, float *scale,
                    float *least) {
    float sum_w = 0, sum_x = 0, sum_l = 0, sum_l2 = 0, sum_xl = 0;
    for (int i = 0; i < 32; i++) {
        float level = (float)levels[i], weight = weights[i];
        sum_w += weight;
        sum_x += weight * x[i];
        sum_l += weight * level;
        sum_l2 += weight * level * level;
        sum_xl += weight * level * x[i];
    }
    float determinant = sum_w * sum_l2 - sum_l * sum_l;
    if (!(determinant > 0)) return 0;
    *scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
    *least = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
    if (*least > 0) {  // a minimum cannot be added
        *least = 0;
        *scale = sum_xl / sum_l2;
    }
    return 1;
}

// The best of the scale that spans the numbers and 21 others around it.
static run_fit fit_run(const float *x) {
    float squares = 0, weights[32], least = x[0] < 0 ? x[0] : 0, most = x[0];
    for (int i = 0; i < 32; i++) squares += x[i] * x[i];
    for (int i = 0; i < 32; i++) {
        weights[i] = sqrtf(squares / 32) + fabsf(x[i]);
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
    }
    run_fit best = {.minimum = -least};
    if (!(most > least)) return best;
    const float range = most - least;
    float scale = range / 15, start = least;
    assign_levels(x, 15 / range, least, best.levels);
    float error = fit_error(x, weights, scale, start, best.levels);
    for (int step = 0; step <= 20; step++) {
        uint8_t levels[32];
        float trial_scale, trial_start;
        assign_levels(x, (-1 + 0.1f * (float)step + 15) / range, least, levels);
        if (!fit_line(x, weights, levels, &trial_scale, &trial_start)) continue;
        float trial_error = fit_error(x, weights, trial_scale, trial_start, levels);
        if (!(trial_error < error)) continue;
        memcpy(best.levels, levels, sizeof levels);
        error = trial_error, scale = trial_scale, start = trial_start;
    }
    best.scale = scale;
    best.minimum = -start;
    return best;
}

static int six_bits_of(float value, float largest) {
    return largest > 0 ? rounded_to_even(63 / largest * value, 0, 63) : 0;
}

static void put_six_bits(int b, int scale, int minimum, uint8_t *factors) {
    if (b < 4) {
        factors[b] = (uint8_t)scale;
        factors[b + 4] = (uint8_t)minimum;
    } else {
        factors[b + 4] = (uint8_t)((scale & 15) | (minimum & 15) << 4);
        factors[b - 4] = (uint8_t)(factors[b - 4] | (scale >> 4) << 6);
        factors[b] = (uint8_t)(factors[b] | (minimum >> 4) << 6);
    }
}

static inline void encode_q4_k(const float *x, uint8_t *target) {
    run_fit runs[8];
    float largest_scale = 0, largest_minimum = 0;
    for (int b = 0; b < 8; b++) {
        runs[b] = fit_run(x + 32 * b);
        if (runs[b].scale > largest_scale) largest_scale = runs[b].scale;
        if (runs[b].minimum > largest_minimum) largest_minimum = runs[b].minimum;
    }
    memset(target, 0, 16);
    put_half(largest_scale / 63, target);
    put_half(largest_minimum / 63, target + 2);
    const float d = half_value(target), m = half_value(target + 2);
    for (int b = 0; b < 8; b++) {
        const int scale = six_bits_of(runs[b].scale, largest_scale);
        const int minimum = six_bits_of(runs[b].minimum, largest_minimum);
        put_six_bits(b, scale, minimum, target + 4);
        // The factors were rounded, so the levels are chosen anew.
        const float step = d * (float)scale, offset = m * (float)minimum;
        if (step == 0) continue;
        for (int i = 0; i < 32; i++)
            runs[b].levels[i] = (uint8_t)rounded_to_even((x[32 * b + i] + offset) / step, 0, 15);
    }
    for (int b = 0; b < 8; b += 2)
        for (int i = 0; i < 32; i++)
            target[16 + b * 16 + i] = (uint8_t)(runs[b].levels[i] | runs[b + 1].levels[i] << 4);
}

#endif
