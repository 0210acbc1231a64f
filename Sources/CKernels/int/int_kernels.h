// The integer layouts of ck_matrix.h for one instruction set. The including file defines
//
//   LANES            32-bit lanes of a vector: 4, 8 or 16
//   INPUT_ROWS       inputs whose sums stay in registers: 4, 6 or 8
//   STRIP            vectors of a band's rows that are multiplied together: 1 or 2
//   TABLE            name of the table that this file defines
//
// and, as 1, those of the following that hold for it:
//
//   HARDWARE_HALF    instructions convert f16
//   HARDWARE_DOT     one instruction adds four products of bytes (with 8 lanes, and on arm64)
//   HARDWARE_MATRIX  one instruction multiplies two rows by two inputs (on arm64)
//   SIGNED_BYTES     weights of 8 bits are multiplied as signed numbers
//   WORD_PANELS      they are widened to 16 bits in panels
//
// A product's sums, INPUT_ROWS inputs by STRIP vectors, stay in registers. A few inputs read the
// packed blocks directly. More of them share a panel: blocks that were unpacked to bytes and float
// scales once, and stay in the first-level cache while all inputs pass.
#include "fetch_ahead.h"
#include "int_columns.h"
#include "int_inputs.h"
#include "int_limits.h"
#include "int_table.h"

// MARK: products

// What a strip of products reads and adds to.
typedef struct {
    const uint8_t *band;    // packed, or a panel
    long first, blocks;     // of the band
    const int32_t *inputs;  // [blocks][INPUT_WORDS][spacing], see prepare_block
    float *sums;            // [rows][CK_BAND]
} strip_product;

// Prefetches what lies ahead of the b-th block.
INLINE void fetch_blocks(const ck_layout layout, block_place place, long b) {
    if (layout == UNPACKED) return;
    fetch_ahead(place.block, block_bytes(layout));
    // A group's header lies between the blocks of two groups, where nothing else fetches it.
    if (header_bytes(layout) > 0 && b % GROUP_BLOCKS == 0)
        fetch_ahead(place.header, header_bytes(layout));
}

// sums[rows][strip vectors from v0 on] += the products of `blocks` blocks. `layout` says how they are
// packed, or UNPACKED; `kind` what they were before.
INLINE void add_strip(const ck_layout layout, const ck_layout kind, const int rows,
                      const int spacing, const int strip, const int v0, const strip_product *p) {
    const int halves = has_two_scales(kind) ? 2 : 1;
    vf sum[INPUT_ROWS][CK_BAND / LANES];
    for (int m = 0; m < rows; m++)
        for (int v = 0; v < strip; v++) sum[m][v] = load(p->sums + m * CK_BAND + (v0 + v) * LANES);
    for (long b = 0; b < p->blocks; b++) {
        block_place place = place_in(layout, p->band, p->first + b);
        const int32_t *in = p->inputs + b * INPUT_WORDS * spacing;
        const float *scale = (const float *)in + SCALE_WORD * spacing,
                    *scaled_sum = scale + spacing;
        fetch_blocks(layout, place, p->first + b);
#pragma clang loop unroll(full)
        for (int half = 0; half < halves; half++) {
            block_sums acc;
            for (int m = 0; m < rows; m++)
                for (int v = 0; v < strip; v++)
                    acc[m][v] =
                        (has_two_minima(kind) ? SUM_START : in[(START_WORD + half) * spacing + m]) -
                        (vi){0};
#if defined(OWN_COLUMNS)
            add_columns(layout, kind, rows, spacing, strip, v0, place, in, half * 4,
                        (half + 1) * 8 / halves, acc);
#else
#pragma clang loop unroll(full)
            for (int g = half * 4; g < (half + 1) * 8 / halves; g++) {
                vb w[CK_BAND / LANES];
                for (int v = 0; v < strip; v++) w[v] = weights_of(layout, place, g, v0 + v);
                for (int m = 0; m < rows; m++)
                    for (int v = 0; v < strip; v++)
                        acc[m][v] = dot(acc[m][v], w[v], in[g * spacing + m], kind);
            }
#endif
            for (int v = 0; v < strip; v++) {
                vf s = scales_of(layout, place, half, v0 + v);
                for (int m = 0; m < rows; m++)
                    sum[m][v] += sum_as_floats(acc[m][v]) * (s * scale[m]);
                if (!has_two_minima(kind)) continue;
                vf low = minima_of(layout, place, half, v0 + v);
                for (int m = 0; m < rows; m++)
                    sum[m][v] += low * (scale[m] * (float)in[(START_WORD + half) * spacing + m]);
            }
        }
        if (has_minima(kind) && !has_two_minima(kind))
            for (int v = 0; v < strip; v++) {
                vf low = minima_of(layout, place, 0, v0 + v);
                for (int m = 0; m < rows; m++) sum[m][v] += low * scaled_sum[m];
            }
    }
    for (int m = 0; m < rows; m++)
        for (int v = 0; v < strip; v++) store(p->sums + m * CK_BAND + (v0 + v) * LANES, sum[m][v]);
}

#if defined(HARDWARE_MATRIX)
#include "int_twos.h"
#define add_strips add_strip_by_twos
#else
#define add_strips add_strip
#endif

// The same for all vectors of up to INPUT_ROWS rows.
INLINE void add_rows(const ck_layout layout, const ck_layout kind, int rows,
                     const strip_product *p) {
    for (int v = 0; v < CK_BAND / LANES; v += STRIP) switch (rows) {
        case 1: add_strips(layout, kind, 1, INPUT_ROWS, STRIP, v, p); break;
        case 2: add_strips(layout, kind, 2, INPUT_ROWS, STRIP, v, p); break;
        case 3: add_strips(layout, kind, 3, INPUT_ROWS, STRIP, v, p); break;
        case 4: add_strips(layout, kind, 4, INPUT_ROWS, STRIP, v, p); break;
#if INPUT_ROWS > 4
        case 5: add_strips(layout, kind, 5, INPUT_ROWS, STRIP, v, p); break;
        case 6: add_strips(layout, kind, 6, INPUT_ROWS, STRIP, v, p); break;
#endif
#if INPUT_ROWS > 6
        case 7: add_strips(layout, kind, 7, INPUT_ROWS, STRIP, v, p); break;
        case 8: add_strips(layout, kind, 8, INPUT_ROWS, STRIP, v, p); break;
#endif
        }
}

INLINE void add_one(const ck_layout layout, const uint8_t *band, long blocks, const int32_t *inputs,
                    float *sums) {
    enum { VECTORS = CK_BAND / LANES };
#if defined(__aarch64__)
    enum { AT_ONCE = VECTORS };  // 32 registers hold all of them
#else
    enum { AT_ONCE = VECTORS < 4 ? VECTORS : 4 };
#endif
    const strip_product p = {.band = band, .blocks = blocks, .inputs = inputs, .sums = sums};
    for (int v = 0; v < VECTORS; v += AT_ONCE) add_strip(layout, layout, 1, 1, AT_ONCE, v, &p);
}

// MARK: panels

// DIRECT_GROUPS: groups of INPUT_ROWS inputs up to which unpacking costs more than it saves.
enum { PANEL_BLOCKS = 16, DIRECT_GROUPS = 4 };

#if defined(WORD_PANELS)
#include "int_words.h"
#endif

INLINE void add_several(const ck_layout layout, const ck_panel *p) {
    panel_block unpacked[PANEL_BLOCKS];
    const long first = p->first / 32, blocks = p->columns / 32, count = p->count / 32;
    // A panel has room for one minimum of a block.
    const int is_direct = has_two_minima(layout) || p->m <= DIRECT_GROUPS * INPUT_ROWS;
#if defined(WORD_PANELS)
    if (!is_direct && is_signed(layout)) {
        add_in_words(layout, p);
        return;
    }
#endif
    if (!is_direct) unpack(layout, p->band, first, count, unpacked);
    fetcher next = fetcher_of(p->next, p->next_bytes, (p->m + INPUT_ROWS - 1) / INPUT_ROWS);
    for (long row = 0; row < p->m; row += INPUT_ROWS) {
        const int rows = p->m - row < INPUT_ROWS ? (int)(p->m - row) : INPUT_ROWS;
        const strip_product strip = {.band = is_direct ? p->band : (const uint8_t *)unpacked,
                                     .first = is_direct ? first : 0,
                                     .blocks = count,
                                     .inputs = (const int32_t *)p->inputs +
                                               (row * blocks + first * INPUT_ROWS) * INPUT_WORDS,
                                     .sums = p->sums + row * CK_BAND};
        if (is_direct) {
            add_rows(layout, layout, rows, &strip);
            continue;
        }
        fetch_share(&next);
        add_rows(UNPACKED, layout, rows, &strip);
    }
}

// Two functions for each layout (panel.h).
#define ADD(id, ...)                                                                               \
    static void add_one_##id(const void *band, long columns, const void *inputs, float *sums) {    \
        add_one(CK_LAYOUT_##id, band, columns / 32, inputs, sums);                                 \
    }                                                                                              \
    static void add_panel_##id(const ck_panel *panel) { add_several(CK_LAYOUT_##id, panel); }
CK_INT_LAYOUTS(ADD)
#undef ADD

static void add_int_one(ck_layout layout, const void *band, long columns, const void *inputs,
                        float *sums) {
    switch (layout) {
#define CASE(id, ...)                                                                              \
    case CK_LAYOUT_##id: add_one_##id(band, columns, inputs, sums); break;
        CK_INT_LAYOUTS(CASE)
#undef CASE
    }
}

static void add_int_panel(ck_layout layout, const ck_panel *panel) {
    switch (layout) {
#define CASE(id, ...)                                                                              \
    case CK_LAYOUT_##id: add_panel_##id(panel); break;
        CK_INT_LAYOUTS(CASE)
#undef CASE
    }
}

const ck_int_table TABLE = {
    .input_rows = INPUT_ROWS,
    .prepare = prepare_ints,
    .panel_columns = PANEL_BLOCKS * 32,
    .add_one = add_int_one,
    .add_panel = add_int_panel,
    .operations = byte_operations,
};
