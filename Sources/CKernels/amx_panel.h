// Packed weights as bf16, in the order in which AMX multiplies them.
//
// A step is 32 columns. Of its 32 rows of weights each half of 16 fills one tile register: [16
// pairs][16 rows][2] bf16. Pair 2 g + h holds columns 4 g + h and 4 g + 2 + h, which lie 16 bits
// apart where weights are packed as bytes, so that shifts and masks alone separate them.
#include "amx_tiles.h"
#include "int_blocks.h"

// bf16 has the exponent of f32, f16 a smaller one. Integer types are computed in f16, and f16's bits
// moved into bf16's places are the number times 2^-112. Weights are kept WEIGHT_SCALE times larger
// than they are, so that small ones stay clear of what counts as zero; inputs and results make up for
// both.
#define WEIGHT_SCALE 64.0f
#define INPUT_SCALE 0x1p96f
#define RESULT_SCALE 0x1p10f  // 2^112 / WEIGHT_SCALE / INPUT_SCALE

// MARK: floats

INLINE __m512 load_weights(const ck_matrix_type type, const uint16_t *p) {
    __m256i halves = _mm256_loadu_si256((const void *)p);
    if (type == CK_F16) return _mm512_cvtph_ps(halves);
    return (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16);
}

// One step of a tile: of f16's 11 bits the upper 8 and the rest, both exact in bf16; bf16 as it is.
// panel: STEP_BYTES for the upper bits and, of f16, as many for the rest.
INLINE void split_step(const ck_matrix_type type, const uint16_t *tile, long columns, long step,
                       uint8_t *panel) {
    for (int pair = 0; pair < TILE_ROWS; pair++) {
        long first = step * STEP_COLUMNS + pair / 2 * 4 + pair % 2, second = first + 2;
        for (int half = 0; half < 2; half++) {
            const uint16_t *p = tile + half * 16;
            __m512 a = first < columns ? load_weights(type, p + first * CK_TILE) : _mm512_setzero_ps();
            __m512 b = second < columns ? load_weights(type, p + second * CK_TILE) : _mm512_setzero_ps();
            uint8_t *to = panel + half * TILE_BYTES + pair * 64;
            _mm512_store_si512(to, pairs_of(a, b));
            if (type == CK_F16) _mm512_store_si512(to + STEP_BYTES, pairs_of(rest_of(a), rest_of(b)));
        }
    }
}

// MARK: integers

INLINE __m512i shifted(__m512i v, const int right) {
    return right > 0 ? _mm512_srli_epi16(v, right) : right < 0 ? _mm512_slli_epi16(v, -right) : v;
}

INLINE __m512i load_line(const uint8_t *p) { return _mm512_load_si512(p); }

// Where a word's weight begins in what words_of returns: nibbles are left where they are, two pairs in
// the same bytes.
INLINE int lowest_bit(const ck_matrix_type type, const int g) {
    return (type == CK_Q4_0 || type == CK_Q4_K) && g >= 4 ? 4 : 0;
}

// The unsigned weights of pair 2 g + h for one half of the rows, a word each, from lowest_bit on; the
// other bits are anything.
INLINE __m512i words_of(const ck_matrix_type type, const uint8_t *block, const int g, const int h,
                        const int half) {
    const uint8_t *b = block + half * 64;
    const int at = 8 * h, nibble = (g & 3) * 4 * CK_TILE, nibble_at = at + (g < 4 ? 0 : 4);
    switch (type) {
    case CK_Q8_0: return shifted(load_line(b + HALVES + g * 4 * CK_TILE), at);
    case CK_Q8_1: return shifted(load_line(b + 2 * HALVES + g * 4 * CK_TILE), at);
    case CK_Q4_0: return shifted(load_line(b + HALVES + nibble), at);
    case CK_Q4_K: return shifted(load_line(b + K_SCALES + nibble), at);
    case CK_Q5_K: {
        __m512i low = shifted(load_line(b + K_SCALES + 4 * CK_TILE + nibble), nibble_at);
        __m512i high = shifted(load_line(b + K_SCALES), at + g - 4);
        return _mm512_ternarylogic_epi32(low, high, _mm512_set1_epi16(0x0f), 0xe4);
    }
    default: {
        __m512i low = shifted(load_line(b + K_SCALES + 8 * CK_TILE + nibble), nibble_at);
        __m512i high = shifted(load_line(b + K_SCALES + g / 4 * 4 * CK_TILE), at + 2 * (g & 3) - 4);
        return _mm512_ternarylogic_epi32(low, high, _mm512_set1_epi16(0x0f), 0xe4);
    }
    }
}

INLINE int bits_of(const ck_matrix_type type) {
    return type == CK_Q8_0 || type == CK_Q8_1 ? 0xff : type == CK_Q5_K ? 0x1f : type == CK_Q6_K ? 0x3f : 0x0f;
}

// One f16 of each row of a half, twice: for both columns of a pair.
INLINE __m512h twice(__m512h rows, const int half) {
    const __m512i order = _mm512_set_epi16(15, 15, 14, 14, 13, 13, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8,
                                           7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    __m512i index = half ? _mm512_add_epi16(order, _mm512_set1_epi16(16)) : order;
    return (__m512h)_mm512_permutexvar_epi16(index, (__m512i)rows);
}

INLINE __m512h load_scales(const uint8_t *halves) {
    return _mm512_mul_ph((__m512h)load_line(halves), _mm512_set1_ph((_Float16)WEIGHT_SCALE));
}

INLINE __m512h from_u8(const uint8_t *p) {
    return _mm512_cvtepu16_ph(_mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p)));
}

INLINE __m512h from_i8(const uint8_t *p) {
    return _mm512_cvtepi16_ph(_mm512_cvtepi8_epi16(_mm256_loadu_si256((const void *)p)));
}

// f16's bits in the places of bf16's, an eighth of them, rounded (halves away from zero).
INLINE __m512i as_bf16(__m512h x) {
    __m512i eighth = _mm512_mulhrs_epi16((__m512i)x, _mm512_set1_epi16(1 << 12));
    return _mm512_and_si512(eighth, _mm512_set1_epi16((short)0x8fff));
}

// One block of 32 columns. panel: STEP_BYTES.
INLINE void unpack_step(const ck_matrix_type type, const uint8_t *tile, long step, uint8_t *panel) {
    const place at = place_of(type, tile, step);
    const uint8_t *group = at.header, *block = at.block;
    const int grouped = header_bytes(type) > 0;

    // rows [32], for the first and the last 16 columns: w = scale q + start, exact until it is rounded.
    __m512h scales[2], starts[2];
    scales[0] = scales[1] = load_scales(grouped ? group : block);
    if (type == CK_Q4_K || type == CK_Q5_K) scales[0] = scales[1] = _mm512_mul_ph(scales[0], from_u8(block));
    if (type == CK_Q6_K) {
        scales[1] = _mm512_mul_ph(scales[0], from_i8(block + CK_TILE));
        scales[0] = _mm512_mul_ph(scales[0], from_i8(block));
    }
    for (int last = 0; last < 2; last++) {
        if (type == CK_Q8_1) starts[last] = load_scales(block + HALVES);
        else if (has_minima(type))
            starts[last] = _mm512_mul_ph(load_scales(group + HALVES), -from_u8(block + CK_TILE));
        else starts[last] = _mm512_mul_ph(scales[last], _mm512_set1_ph((_Float16)-zero_of(type)));
    }

    const __m512h sixteenth = _mm512_set1_ph((_Float16)0x1p-4f);
    for (int half = 0; half < 2; half++)
#pragma clang loop unroll(full)
        for (int pair = 0; pair < TILE_ROWS; pair++) {
            const int g = pair / 2, last = g / 4, bit = lowest_bit(type, g);
            __m512h scale = bit > 0 ? _mm512_mul_ph(scales[last], sixteenth) : scales[last];
            __m512i q = _mm512_and_si512(words_of(type, block, g, pair % 2, half),
                                         _mm512_set1_epi16((short)(bits_of(type) << bit)));
            __m512h w = _mm512_fmadd_ph(_mm512_cvtepu16_ph(q), twice(scale, half), twice(starts[last], half));
            _mm512_store_si512(panel + half * TILE_BYTES + pair * 64, as_bf16(w));
        }
}
