// Strips of products where an instruction multiplies two rows of 8 columns by two inputs. All sums stay
// in the order in which it leaves them, r0 x0, r0 x1, r1 x0, r1 x1, until a strip is done.
// A part of int_kernels.h.

typedef struct {
    int32x4_t first, second;
} two_vectors;

// Columns 4 g to 4 g + 7 of the v-th vector of rows, two rows in each. In a panel they lie like that.
INLINE two_vectors rows_by_twos(const ck_layout layout, block_place place, const int g,
                                const int v) {
    const int32x4_t a = (int32x4_t)weights_of(layout, place, g, v),
                    b = (int32x4_t)weights_of(layout, place, g + 1, v);
    if (layout == UNPACKED) return (two_vectors){a, b};
    return (two_vectors){vzip1q_s32(a, b), vzip2q_s32(a, b)};
}

// Each of four rows' numbers twice.
INLINE vf lower_twice(vf v) { return (vf)vzip1q_f32((float32x4_t)v, (float32x4_t)v); }
INLINE vf upper_twice(vf v) { return (vf)vzip2q_f32((float32x4_t)v, (float32x4_t)v); }

// Words of two inputs side by side, twice.
INLINE vi two_words(const int32_t *in) {
    const int32x2_t pair = vld1_s32(in);
    return (vi)vcombine_s32(pair, pair);
}

// add_strip of int_kernels.h. What is computed for an input behind the last is dropped.
INLINE void add_strip_by_twos(const ck_layout layout, const ck_layout kind, const int rows,
                              const int spacing, const int strip, const int v0,
                              const strip_product *p) {
    const int halves = has_two_scales(kind) ? 2 : 1;
    vf sum[INPUT_ROWS / 2][2 * CK_BAND / LANES];
    for (int m = 0; m < rows; m += 2)
        for (int v = 0; v < strip; v++) {
            const float *sums = p->sums + m * CK_BAND + (v0 + v) * LANES;
            const float32x4_t a = (float32x4_t)load(sums),
                              b = m + 1 < rows ? (float32x4_t)load(sums + CK_BAND) : a;
            sum[m / 2][2 * v] = (vf)vzip1q_f32(a, b);
            sum[m / 2][2 * v + 1] = (vf)vzip2q_f32(a, b);
        }
    for (long b = 0; b < p->blocks; b++) {
        block_place place = place_in(layout, p->band, p->first + b);
        const int32_t *in = p->inputs + b * INPUT_WORDS * spacing;
        const int32_t *scale = in + SCALE_WORD * spacing, *scaled_sum = scale + spacing;
        fetch_blocks(layout, place, p->first + b);
#pragma clang loop unroll(full)
        for (int half = 0; half < halves; half++) {
            const int32_t *start = in + (START_WORD + half) * spacing;
            vi acc[INPUT_ROWS / 2][2 * CK_BAND / LANES];
            for (int m = 0; m < rows; m += 2)
                for (int v = 0; v < 2 * strip; v++)
                    acc[m / 2][v] = has_two_minima(kind) ? (vi){0} : two_words(start + m);
#pragma clang loop unroll(full)
            for (int g = half * 4; g < (half + 1) * 8 / halves; g += 2)
                for (int v = 0; v < strip; v++) {
                    const two_vectors w = rows_by_twos(layout, place, g, v0 + v);
                    for (int m = 0; m < rows; m += 2) {
                        const int32x4_t x = vld1q_s32(in + word_at(g, m, spacing));
                        vi *sums = acc[m / 2] + 2 * v;
                        sums[0] = multiply_twos(sums[0], w.first, x);
                        sums[1] = multiply_twos(sums[1], w.second, x);
                    }
                }
            for (int v = 0; v < strip; v++) {
                const vf s = scales_of(layout, place, half, v0 + v);
                const vf low =
                    has_two_minima(kind) ? minima_of(layout, place, half, v0 + v) : (vf){0};
                for (int m = 0; m < rows; m += 2) {
                    const vf factor = (vf)two_words(scale + m);
                    const vi *sums = acc[m / 2] + 2 * v;
                    sum[m / 2][2 * v] += sum_as_floats(sums[0]) * (lower_twice(s) * factor);
                    sum[m / 2][2 * v + 1] += sum_as_floats(sums[1]) * (upper_twice(s) * factor);
                    if (!has_two_minima(kind)) continue;
                    const vf bytes = factor * __builtin_convertvector(two_words(start + m), vf);
                    sum[m / 2][2 * v] += lower_twice(low) * bytes;
                    sum[m / 2][2 * v + 1] += upper_twice(low) * bytes;
                }
            }
        }
        if (has_minima(kind) && !has_two_minima(kind))
            for (int v = 0; v < strip; v++) {
                const vf low = minima_of(layout, place, 0, v0 + v);
                for (int m = 0; m < rows; m += 2) {
                    const vf bytes = (vf)two_words(scaled_sum + m);
                    sum[m / 2][2 * v] += lower_twice(low) * bytes;
                    sum[m / 2][2 * v + 1] += upper_twice(low) * bytes;
                }
            }
    }
    for (int m = 0; m < rows; m++)
        for (int v = 0; v < strip; v++) {
            const float32x4_t a = (float32x4_t)sum[m / 2][2 * v],
                              b = (float32x4_t)sum[m / 2][2 * v + 1];
            store(p->sums + m * CK_BAND + (v0 + v) * LANES,
                  (vf)(m % 2 ? vuzp2q_f32(a, b) : vuzp1q_f32(a, b)));
        }
}
