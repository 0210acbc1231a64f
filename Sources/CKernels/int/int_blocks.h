// Weights of one block of a band, as int_kernels.h multiplies them: packed, or unpacked in a panel.
#include "int_dot.h"
#include "layout.h"

// An unpacked block. `minima` only where the layout has them; `scales[1]` only where 16 columns
// have a scale of their own.
typedef struct {
    _Alignas(64) uint8_t bytes[8 * WORDS];
    float scales[2][CK_BAND];
    float minima[CK_BAND];
} panel_block;

// The layout of a panel: [blocks] panel_block.
enum { UNPACKED = -1 };

INLINE block_place place_in(const ck_layout layout, const uint8_t *band, long b) {
    if (layout == UNPACKED) return (block_place){0, band + b * (long)sizeof(panel_block)};
    return place_of(layout, band, b);
}

INLINE vb shift_right(vb v, const int bits) { return (vb)((vs)v >> bits); }

INLINE vb nibble(const uint8_t *nibbles, const int g, const int v) {
    vb both = load_bytes(nibbles + (g & 3) * WORDS + v * 4 * LANES);
    return (g < 4 ? both : shift_right(both, 4)) & 15;
}

// The upper bits of columns 4 g to 4 g + 3, shifted above the low ones. Those of several g share
// their bytes.
INLINE vb upper_bits(const ck_layout layout, const uint8_t *upper, const int g, const int v) {
    const int bits = layout_of(layout).upper, shared = 8 / bits, shift = g % shared * bits - 4;
    vb all = load_bytes(upper + g / shared * WORDS + v * 4 * LANES);
    const uint8_t mask = (uint8_t)(((1 << bits) - 1) << 4);
    return (shift < 0 ? (vb)((vs)all << -shift) : shift_right(all, shift)) & mask;
}

// Columns 4 g to 4 g + 3 of the v-th vector of rows, unsigned unless is_signed(layout).
INLINE vb weights_of(const ck_layout layout, block_place p, const int g, const int v) {
    if (layout == UNPACKED) return load_bytes(p.block + g * WORDS + v * 4 * LANES);
    const uint8_t *low = p.block + low_at(layout);
    if (is_signed(layout)) return load_bytes(low + g * WORDS + v * 4 * LANES) ^ 128;
    if (layout_of(layout).low == 8) return load_bytes(low + g * WORDS + v * 4 * LANES);
    if (!layout_of(layout).upper) return nibble(low, g, v);
    return nibble(low, g, v) | upper_bits(layout, p.block + upper_at(layout), g, v);
}

// The scale of 16 columns, those of one half of the block.
INLINE vf scales_of(const ck_layout layout, block_place p, const int half, const int v) {
    if (layout == UNPACKED) return load(((const panel_block *)p.block)->scales[half] + v * LANES);
    if (!layout_of(layout).grouped) return load_f16(p.block + 2 * v * LANES);
    vf d = load_f16(p.header + 2 * v * LANES);
    if (has_two_minima(layout)) return d * load_low_nibbles(p.block + half * CK_BAND + v * LANES);
    if (!has_two_scales(layout)) return d * load_u8(p.block + v * LANES);
    return d * load_i8((const int8_t *)p.block + half * CK_BAND + v * LANES);
}

// The minima, by which sums of inputs are multiplied: those of one half of the block, if halves
// differ.
INLINE vf minima_of(const ck_layout layout, block_place p, const int half, const int v) {
    if (layout == UNPACKED) return load(((const panel_block *)p.block)->minima + v * LANES);
    if (!layout_of(layout).grouped) return load_f16(p.block + HALVES + 2 * v * LANES);
    const uint8_t *minima = p.block + half * CK_BAND + v * LANES;
    if (has_two_minima(layout))
        return -load_f16(p.header + HALVES + 2 * v * LANES) * load_high_nibbles(minima);
    return -load_f16(p.header + HALVES + 2 * v * LANES) * load_u8(p.block + CK_BAND + v * LANES);
}

// What a panel holds in place of columns 4 g to 4 g + 3.
INLINE vb panel_weights(const ck_layout layout, block_place p, const int g, const int v) {
#if defined(HARDWARE_MATRIX)
    // Two rows of 8 columns side by side, rows 2 and 3 in the second vector.
    const int32x4_t a = (int32x4_t)weights_of(layout, p, g & ~1, v),
                    b = (int32x4_t)weights_of(layout, p, g | 1, v);
    return (vb)(g % 2 ? vzip2q_s32(a, b) : vzip1q_s32(a, b));
#else
    return weights_of(layout, p, g, v);
#endif
}

INLINE void unpack(const ck_layout layout, const uint8_t *band, long first, long count,
                   panel_block *panel) {
    for (long b = 0; b < count; b++) {
        block_place p = place_of(layout, band, first + b);
        for (int v = 0; v < CK_BAND / LANES; v++) {
#pragma clang loop unroll(full)
            for (int g = 0; g < 8; g++)
                *(vb_bytes *)(panel[b].bytes + g * WORDS + v * 4 * LANES) =
                    panel_weights(layout, p, g, v);
            store(panel[b].scales[0] + v * LANES, scales_of(layout, p, 0, v));
            if (has_two_scales(layout))
                store(panel[b].scales[1] + v * LANES, scales_of(layout, p, 1, v));
            if (has_minima(layout)) store(panel[b].minima + v * LANES, minima_of(layout, p, 0, v));
        }
    }
}
