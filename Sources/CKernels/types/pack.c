// Packing of weights: from stored rows to bands of 32 rows (ck_matrix.h, layout.h).
#include "blocks_of_256.h"
#include "blocks_of_32.h"
#include "layout.h"

// MARK: floats

// Columns that are moved at a time: what is written of them stays in the first-level cache.
enum { COLUMNS_AT_ONCE = 64 };

// Packs a band of floats. Returns 0, or -1 when the largest magnitude has an exponent of all ones,
// which only infinities and NaN have.
#define PACK_FLOATS(name, number, magnitude_bits, infinity)                                        \
    static int pack_##name(const void *const *rows, long columns, void *band) {                    \
        number *to = band, largest = 0;                                                            \
        for (long first = 0; first < columns; first += COLUMNS_AT_ONCE) {                          \
            long last = columns - first < COLUMNS_AT_ONCE ? columns : first + COLUMNS_AT_ONCE;     \
            for (int r = 0; r < CK_BAND; r++) {                                                    \
                const number *row = rows[r];                                                       \
                for (long i = first; i < last; i++) to[i * CK_BAND + r] = row ? row[i] : 0;        \
                for (long i = first; row && i < last; i++) {                                       \
                    number magnitude = row[i] & magnitude_bits;                                    \
                    largest = magnitude > largest ? magnitude : largest;                           \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        return largest < infinity ? 0 : -1;                                                        \
    }
PACK_FLOATS(F32, uint32_t, 0x7fffffff, 0x7f800000)
PACK_FLOATS(F16, uint16_t, 0x7fff, 0x7c00)
PACK_FLOATS(BF16, uint16_t, 0x7fff, 0x7f80)
#undef PACK_FLOATS

// MARK: integers

// Writes the bits of q above the low ones: those of columns 4 g to 4 g + 3 of a row share four
// bytes with other g.
ALWAYS_INLINE void put_upper(const ck_layout layout, const uint8_t *q, int r, uint8_t *block) {
    const int bits = layout_of(layout).upper, shared = 8 / bits;  // g that share their bytes
    for (int first = 0; first < 8; first += shared) {
        uint8_t *to = block + upper_at(layout) + first / shared * WORDS + 4 * r;
        for (int j = 0; j < 4; j++) {
            int all = 0;
            for (int g = first; g < first + shared; g++)
                all |= (q[4 * g + j] >> 4) << (g - first) * bits;
            to[j] = (uint8_t)all;
        }
    }
}

ALWAYS_INLINE void put_low(const ck_layout layout, const uint8_t *q, int r, uint8_t *block) {
    uint8_t *to = block + low_at(layout) + 4 * r;
    if (layout_of(layout).low == 8) {
        for (int g = 0; g < 8; g++) memcpy(to + g * WORDS, q + 4 * g, 4);
        return;
    }
    for (int g = 0; g < 4; g++) {
        uint32_t first, second;
        memcpy(&first, q + 4 * g, 4);
        memcpy(&second, q + 16 + 4 * g, 4);
        first = (first & 0x0f0f0f0f) | (second & 0x0f0f0f0f) << 4;
        memcpy(to + g * WORDS, &first, 4);
    }
}

// Writes row r of a block of a band.
ALWAYS_INLINE void put_block(const ck_layout layout, const split_block *w, int r, uint8_t *block) {
    if (has_two_minima(layout)) {
        for (int half = 0; half < 2; half++)
            block[half * CK_BAND + r] = (uint8_t)(w->scales[half] | -w->minima[half] << 4);
    } else if (layout_of(layout).grouped) {
        block[r] = (uint8_t)w->scales[0];
        block[CK_BAND + r] = (uint8_t)(has_minima(layout) ? -w->minima[0] : w->scales[1]);
    }
    uint8_t q[32];
    for (int i = 0; i < 32; i++) q[i] = (uint8_t)(w->quants[i] + layout_of(layout).zero);
    if (layout_of(layout).upper) put_upper(layout, q, r, block);
    put_low(layout, q, r, block);
}

// Copies a factor to row r of an array of halves; returns whether it is a finite number.
ALWAYS_INLINE int put_factor(const uint8_t *stored, int r, uint8_t *halves) {
    uint16_t bits;
    memcpy(&bits, stored, sizeof bits);
    memcpy(halves + 2 * r, &bits, sizeof bits);
    return (bits & 0x7c00) != 0x7c00;
}

typedef void (*splitter)(const uint8_t *stored, int b, split_block *out);

// Packs a band of blocks. A row that is NULL becomes zeros, because its scales are zero.
ALWAYS_INLINE int pack_blocks(const ck_layout layout, splitter split, const int stored_block,
                              const int stored_bytes, const int scale, const int minimum,
                              const void *const *rows, long columns, void *band) {
    const long units = columns / unit_columns(layout);
    int are_finite = 1;
    for (int r = 0; r < CK_BAND; r++)
        if (!rows[r]) {
            memset(band, 0, (size_t)(units * unit_bytes(layout)));
            break;
        }
    for (long unit = 0; unit < units; unit++)
        for (int r = 0; r < CK_BAND; r++) {
            if (!rows[r]) continue;
            const uint8_t *stored = (const uint8_t *)rows[r] + unit * stored_bytes;
            uint8_t *to = (uint8_t *)band + unit * unit_bytes(layout);
            are_finite &= put_factor(stored + scale, r, to);
            if (has_minima(layout)) are_finite &= put_factor(stored + minimum, r, to + HALVES);
            to += header_bytes(layout);
            for (int b = 0; b < stored_block / 32; b++, to += block_bytes(layout)) {
                split_block w;
                split(stored, b, &w);
                put_block(layout, &w, r, to);
            }
        }
    return are_finite ? 0 : -1;
}

// One function for each type that has a layout.
#define PACK_BLOCKS(id, name, block, bytes, ggml, file, scale, minimum, layout, encode)            \
    static int pack_##id(const void *const *rows, long columns, void *band) {                      \
        if (CK_LAYOUT_##layout == CK_LAYOUT_NONE) return -1;                                       \
        return pack_blocks(CK_LAYOUT_##layout, split_##name, block, bytes, scale, minimum, rows,   \
                           columns, band);                                                         \
    }
CK_BLOCK_TYPES(PACK_BLOCKS)
#undef PACK_BLOCKS

// MARK: bands

size_t ck_band_bytes(ck_layout layout, long columns) {
    switch (layout) {
#define BYTES(id, bytes)                                                                           \
    case CK_LAYOUT_##id: return (size_t)columns * CK_BAND * bytes;
        CK_FLOAT_LAYOUTS(BYTES)
#undef BYTES
    default: return (size_t)(columns / unit_columns(layout) * unit_bytes(layout));
    }
}

int ck_pack_band(ck_type type, const void *const *rows, long columns, void *band) {
    switch (type) {
#define FLOATS(id, bytes)                                                                          \
    case CK_TYPE_##id: return pack_##id(rows, columns, band);
        CK_FLOAT_LAYOUTS(FLOATS)
#undef FLOATS
#define BLOCKS(id, ...)                                                                            \
    case CK_TYPE_##id: return pack_##id(rows, columns, band);
        CK_BLOCK_TYPES(BLOCKS)
#undef BLOCKS
    }
    return -1;
}
