// Where the parts of a packed integer layout (CK_INT_LAYOUTS) lie. All follow from its row in the
// list; the layout is a constant wherever kernels are instantiated, and so is every offset then.
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdint.h>

#include "ck_matrix.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Bytes of the arrays that a layout consists of: each holds something for every row of a band.
enum {
    HALVES = 2 * CK_BAND,  // an f16
    WORDS = 4 * CK_BAND,   // four bytes: those of four columns
};

// Blocks of a group.
enum { GROUP_BLOCKS = 8 };

typedef struct {
    int low, upper, grouped, minima, zero;
} int_layout;

ALWAYS_INLINE int_layout layout_of(const ck_layout layout) {
    switch (layout) {
#define ROW(id, ...)                                                                               \
    case CK_LAYOUT_##id: return (int_layout){__VA_ARGS__};
        CK_INT_LAYOUTS(ROW)
#undef ROW
    default: return (int_layout){0};
    }
}

ALWAYS_INLINE int has_minima(const ck_layout layout) { return layout_of(layout).minima; }

// Whether 16 columns have a minimum of their own. A byte then holds their scale and, above it, their
// minimum.
ALWAYS_INLINE int has_two_minima(const ck_layout layout) { return layout_of(layout).grouped == 2; }

// Whether 16 columns have a scale of their own.
ALWAYS_INLINE int has_two_scales(const ck_layout layout) {
    return layout_of(layout).grouped && (!layout_of(layout).minima || has_two_minima(layout));
}

// Bytes of a group's header: d [32] f16 and, with minima, m [32] f16. 0 for layouts without groups.
ALWAYS_INLINE int header_bytes(const ck_layout layout) {
    return layout_of(layout).grouped ? HALVES * (1 + has_minima(layout)) : 0;
}

// A block begins with its scales: f16 as above, or, in a group, two arrays [32] of bytes.
ALWAYS_INLINE int upper_at(const ck_layout layout) {
    return layout_of(layout).grouped ? 2 * CK_BAND : HALVES * (1 + has_minima(layout));
}

// The upper bits follow, [upper][32][4] bytes. A byte holds those of 8 / upper columns, which are 4
// columns apart.
ALWAYS_INLINE int low_at(const ck_layout layout) {
    return upper_at(layout) + layout_of(layout).upper * WORDS;
}

// Last come the low bits: bytes [8][32][4], or nibbles [4][32][4] whose upper halves have columns
// 16 to 31.
ALWAYS_INLINE int block_bytes(const ck_layout layout) {
    return low_at(layout) + layout_of(layout).low * WORDS;
}

// A band consists of whole units: groups, or blocks where there are no groups.
ALWAYS_INLINE int unit_columns(const ck_layout layout) {
    return layout_of(layout).grouped ? 32 * GROUP_BLOCKS : 32;
}

ALWAYS_INLINE int unit_bytes(const ck_layout layout) {
    return header_bytes(layout) + block_bytes(layout) * unit_columns(layout) / 32;
}

// A block of a band and, in layouts with groups, its group's header.
typedef struct {
    const uint8_t *header, *block;
} block_place;

ALWAYS_INLINE block_place place_of(const ck_layout layout, const uint8_t *band, long b) {
    const int bytes = block_bytes(layout), header = header_bytes(layout);
    if (!header) return (block_place){0, band + b * bytes};
    const uint8_t *group = band + b / GROUP_BLOCKS * unit_bytes(layout);
    return (block_place){group, group + header + b % GROUP_BLOCKS * bytes};
}

#endif
