// Packed weights as bf16, in the order in which AMX multiplies them.
//
// A step has 32 columns and 32 rows. Each half of its rows fills one register: [16 pairs][16
// rows][2] bf16. Pair 2 g + h holds columns 4 g + h and 4 g + 2 + h. Packed as bytes these lie 16
// bits apart, so that shifts and masks alone separate them.
#include "amx_tiles.h"
#include "layout.h"

// Weights of integer layouts are computed in f16. To convert them to bf16, f16's bits are moved to
// the places of bf16's, which has the exponent of f32: the result is the number times 2^-112.
// Weights are also made WEIGHT_SCALE times larger, so that small ones do not fall below the least
// number that the tile unit does not take for zero. The scales of inputs and results cancel both
// factors.
#define WEIGHT_SCALE 64.0f
#define INPUT_SCALE 0x1p96f
#define RESULT_SCALE 0x1p10f  // 2^112 / WEIGHT_SCALE / INPUT_SCALE

// MARK: floats

INLINE __m512 load_weights(const ck_layout layout, const uint16_t *p) {
    __m256i halves = _mm256_loadu_si256((const void *)p);
    if (layout == CK_LAYOUT_F16) return _mm512_cvtph_ps(halves);
    return (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
}

// Unpacks one step of a band. f16's 11 bits become an upper and a lower part, which bf16 holds
// exactly; bf16 stays as it is. panel: STEP_BYTES for each part.
INLINE void split_step(const ck_layout layout, const uint16_t *band, long columns, long step,
                       uint8_t *panel) {
    for (int pair = 0; pair < 16; pair++) {
        long first = step * STEP_COLUMNS + pair / 2 * 4 + pair % 2, second = first + 2;
        for (int half = 0; half < 2; half++) {
            const uint16_t *p = band + half * 16;
            __m512 a =
                first < columns ? load_weights(layout, p + first * CK_BAND) : _mm512_setzero_ps();
            __m512 b =
                second < columns ? load_weights(layout, p + second * CK_BAND) : _mm512_setzero_ps();
            uint8_t *to = panel + half * TILE_BYTES + pair * 64;
            _mm512_store_si512(to, pairs_of(a, b));
            if (layout == CK_LAYOUT_F16)
                _mm512_store_si512(to + STEP_BYTES, pairs_of(rest_of(a), rest_of(b)));
        }
    }
}

// MARK: integers

INLINE __m512i shifted(__m512i v, const int right) {
    return right > 0 ? _mm512_srli_epi16(v, right) : right < 0 ? _mm512_slli_epi16(v, -right) : v;
}

INLINE __m512i load_line(const uint8_t *p) { return _mm512_load_si512(p); }

// The bit at which a weight begins in the words that words_of returns. Upper nibbles that need no
// further bits stay where they are, and the scale is divided by 16 instead.
INLINE int lowest_bit(const ck_layout layout, const int g) {
    return layout_of(layout).low == 4 && layout_of(layout).upper == 0 && g >= 4 ? 4 : 0;
}

// The unsigned weights of pair 2 g + h for one half of the rows, a word of 16 bits each, from
// lowest_bit on. The other bits may be anything.
INLINE __m512i words_of(const ck_layout layout, const uint8_t *block, const int g, const int h,
                        const int half) {
    const uint8_t *low = block + half * 64 + low_at(layout);
    const int at = 8 * h, bits = layout_of(layout).upper;
    if (layout_of(layout).low == 8) return shifted(load_line(low + g * WORDS), at);
    __m512i nibbles = load_line(low + (g & 3) * WORDS);
    if (bits == 0) return shifted(nibbles, at);
    const int shared = 8 / bits;
    const uint8_t *upper = block + half * 64 + upper_at(layout) + g / shared * WORDS;
    __m512i high = shifted(load_line(upper), at + g % shared * bits - 4);
    return _mm512_ternarylogic_epi32(shifted(nibbles, at + (g < 4 ? 0 : 4)), high,
                                     _mm512_set1_epi16(0x0f), 0xe4);
}

INLINE int bits_of(const ck_layout layout) {
    return (1 << (layout_of(layout).low + layout_of(layout).upper)) - 1;
}

// The f16 of each row of a half twice, for both columns of a pair.
INLINE __m512h twice(__m512h rows, const int half) {
    const __m512i order = _mm512_set_epi16(15, 15, 14, 14, 13, 13, 12, 12, 11, 11, 10, 10, 9, 9, 8,
                                           8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    __m512i index = half ? _mm512_add_epi16(order, _mm512_set1_epi16(16)) : order;
    return (__m512h)_mm512_permutexvar_epi16(index, (__m512i)rows);
}

INLINE __m512h load_scales(const uint8_t *halves) {
    return _mm512_mul_ph((__m512h)load_line(halves), _mm512_set1_ph((_Float16)WEIGHT_SCALE));
}

INLINE __m512h from_u8(const uint8_t *p) {
    return _mm512_cvtepu16_ph(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p)));
}

// The lower or, shifted by 4, the upper half of each byte.
INLINE __m512h from_nibbles(const uint8_t *p, const int shift) {
    const __m512i bytes = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p));
    return _mm512_cvtepu16_ph(
        _mm512_and_si512(_mm512_srli_epi16(bytes, shift), _mm512_set1_epi16(15)));
}

INLINE __m512h from_i8(const uint8_t *p) {
    return _mm512_cvtepi16_ph(_mm512_cvtepi8_epi16(_mm256_loadu_si256((const void *)p)));
}

// f16's bits in the places of bf16's: sign and exponent move down by three bits, for which the
// lowest three bits of the significand are rounded off (halves away from zero).
INLINE __m512i as_bf16(__m512h x) {
    __m512i eighth = _mm512_mulhrs_epi16((__m512i)x, _mm512_set1_epi16(1 << 12));
    return _mm512_and_si512(eighth, _mm512_set1_epi16((short)0x8fff));
}

// Unpacks one block of 32 columns. panel: STEP_BYTES.
INLINE void unpack_step(const ck_layout layout, const uint8_t *band, long step, uint8_t *panel) {
    const block_place at = place_of(layout, band, step);
    const uint8_t *group = at.header, *block = at.block;
    const int grouped = header_bytes(layout) > 0;

    // For the first and the last 16 columns, factors of each row [32]: w = scale q + start. In f16
    // this is exact until it is rounded.
    __m512h scales[2], starts[2];
    scales[0] = scales[1] = load_scales(grouped ? group : block);
    if (has_two_minima(layout)) {
        scales[1] = _mm512_mul_ph(scales[0], from_nibbles(block + CK_BAND, 0));
        scales[0] = _mm512_mul_ph(scales[0], from_nibbles(block, 0));
    } else if (grouped && has_minima(layout))
        scales[0] = scales[1] = _mm512_mul_ph(scales[0], from_u8(block));
    else if (has_two_scales(layout)) {
        scales[1] = _mm512_mul_ph(scales[0], from_i8(block + CK_BAND));
        scales[0] = _mm512_mul_ph(scales[0], from_i8(block));
    }
    for (int last = 0; last < 2; last++) {
        if (has_minima(layout) && !grouped) starts[last] = load_scales(block + HALVES);
        else if (has_two_minima(layout))
            starts[last] = _mm512_mul_ph(load_scales(group + HALVES),
                                         -from_nibbles(block + last * CK_BAND, 4));
        else if (has_minima(layout))
            starts[last] = _mm512_mul_ph(load_scales(group + HALVES), -from_u8(block + CK_BAND));
        else
            starts[last] =
                _mm512_mul_ph(scales[last], _mm512_set1_ph((_Float16)-layout_of(layout).zero));
    }

    const __m512h sixteenth = _mm512_set1_ph((_Float16)0x1p-4f);
    for (int half = 0; half < 2; half++)
#pragma clang loop unroll(full)
        for (int pair = 0; pair < 16; pair++) {
            const int g = pair / 2, last = g / 4, bit = lowest_bit(layout, g);
            __m512h scale = bit > 0 ? _mm512_mul_ph(scales[last], sixteenth) : scales[last];
            __m512i q = _mm512_and_si512(words_of(layout, block, g, pair % 2, half),
                                         _mm512_set1_epi16((short)(bits_of(layout) << bit)));
            __m512h w = _mm512_fmadd_ph(_mm512_cvtepu16_ph(q), twice(scale, half),
                                        twice(starts[last], half));
            _mm512_store_si512(panel + half * TILE_BYTES + pair * 64, as_bf16(w));
        }
}
