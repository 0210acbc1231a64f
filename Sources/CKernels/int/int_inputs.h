// Inputs in 8 bits, as int_kernels.h multiplies them.
#include "int_dot.h"
#include "int_table.h"
#include "layout.h"

// One block of row m of `spacing` rows, INPUT_WORDS words, each `spacing` words from the next (the
// bytes are where word_at says). y: the row's first word.
//
//   8  the block's 32 columns in bytes
//   2  what the sums of both halves start from, which makes up for the weights' zero (the first
//      word for the whole block where all columns share a scale); with two minima the sums of the
//      halves' bytes
//   1  the scale
//   1  the scale times the sum of the bytes
INLINE void prepare_block(const ck_layout layout, const float *x, int32_t *y, long m,
                          long spacing) {
    enum { VECTORS = 32 / LANES };
    // Floats that are not negative are in the order of their bits, in which NaN comes last.
    vi most = {0};
    for (int v = 0; v < VECTORS; v++) {
        vi magnitude = (vi)load(x + v * LANES) & 0x7fffffff;
        most = __builtin_elementwise_max(magnitude, most);
    }
    const int32_t bits = __builtin_reduce_max(most);
    float largest;
    memcpy(&largest, &bits, 4);
    float scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
    vi halves[2] = {{0}};
    int8_t bytes[32];
    for (int v = 0; v < VECTORS; v++) {
        vf shifted = load(x + v * LANES) * inverse + 12582912.0f;  // rounds to nearest even
        vi whole = (vi)shifted - 0x4b400000;
        halves[v * LANES / 16] += whole;
        *(vb_memory *)(bytes + v * LANES) = __builtin_convertvector(whole, vb_memory);
    }
    const int32_t sum[2] = {__builtin_reduce_add(halves[0]), __builtin_reduce_add(halves[1])};
    for (int g = 0; g < 8; g++) memcpy(y + word_at(g, m, spacing) - m, bytes + 4 * g, 4);
    int zero = zero_of(layout);
    const int32_t first = has_two_scales(layout) ? sum[0] : sum[0] + sum[1];
    y[START_WORD * spacing] = -zero * first + SUM_START;
    y[(START_WORD + 1) * spacing] = -zero * sum[1] + SUM_START;
    if (has_two_minima(layout)) y[START_WORD * spacing] = sum[0];
    if (has_two_minima(layout)) y[(START_WORD + 1) * spacing] = sum[1];
    float scaled_sum = scale * (float)(sum[0] + sum[1]);
    memcpy(y + SCALE_WORD * spacing, &scale, 4);
    memcpy(y + (SCALE_WORD + 1) * spacing, &scaled_sum, 4);
}

static void prepare_ints(ck_layout layout, const float *x, long m, long columns, long first,
                         long last, int32_t *inputs) {
    long blocks = columns / 32, spacing = m == 1 ? 1 : INPUT_ROWS;
    for (; first < last; first += spacing, x += spacing * columns)
        for (long r = 0; r < spacing && first + r < m; r++)
            for (long b = 0; b < blocks; b++)
                prepare_block(layout, x + r * columns + b * 32,
                              inputs + (first * blocks + b * spacing) * INPUT_WORDS + r, r,
                              spacing);
}
