// Products of many inputs, panel by panel.
//
// For many inputs the order of the loops is, from the outside to the inside (docs/kernels.md):
//
//   blocks of inputs     whose panel and sums of all bands fit the second-level cache together
//   panels               of the columns
//   bands                of the call; a block's panel by a band's panel is a panel_product
//   pairs of groups      of 16 inputs: their sums stay in the accumulators for the whole panel
//   steps                of 32 columns
#include "amx_product.h"

// The most groups of inputs in a block: one panel of a block and the sums of several bands then fit
// the second-level cache together.
enum { BLOCK_GROUPS = 20 };

static long block_groups(long groups) {
    long blocks = (groups + BLOCK_GROUPS - 1) / BLOCK_GROUPS;
    return ((groups + blocks - 1) / blocks + 1) / 2 * 2;
}

static long block_rows(long m) { return block_groups(groups_of(m)) * TILE_ROWS; }

// Floats of the sums of two groups, and of a block, for one band.
enum { PAIR_SUMS = 2 * TILE_ROWS * CK_BAND };
static long block_sums(long m) { return block_groups(groups_of(m)) / 2 * PAIR_SUMS; }

// A block of inputs by one panel of one band.
typedef struct {
    long band;
    long first, steps;   // of the panel
    long group, groups;  // of the block
    const char *inputs;
} panel_product;

// The i-th product of a call: a block takes the first panel of all bands, then the next panel.
// After the last product the result has no steps.
INLINE panel_product panel_product_at(const ck_layout layout, const product *p, long i) {
    const long steps = steps_of(p->of->columns), groups = groups_of(p->of->m);
    const long size = block_groups(groups), last = groups_of(p->of->last);
    const long panels = (steps + panel_steps(layout) - 1) / panel_steps(layout);
    panel_product w = {.band = i % p->band_count,
                       .first = i / p->band_count % panels * panel_steps(layout),
                       .group = p->of->first / TILE_ROWS + i / p->band_count / panels * size};
    if (w.group >= last) return (panel_product){0};
    w.steps = steps - w.first < panel_steps(layout) ? steps - w.first : panel_steps(layout);
    w.groups = last - w.group < size ? last - w.group : size;
    w.inputs =
        inputs_of(p) + (w.first * groups + w.group * w.steps) * input_parts(layout) * TILE_BYTES;
    return w;
}

// What is prefetched during a panel product, and how many lines of it in each step.
typedef struct {
    const float *sums;       // the next groups', into the first-level cache
    const char *inputs;      // the next panel's, into the second-level cache
    const uint8_t *weights;  // the next product's, into the second-level cache
    long sum_lines, input_lines, weight_lines;
} prefetch;

// Whether there are so few lines that each quarter of a step prefetches one, whatever their number.
INLINE int is_sparse(const prefetch *f) { return f->input_lines <= 2 && f->weight_lines <= 2; }

// Prefetches a quarter of a step's lines, after a product. Prefetching all at once would occupy the
// buffers that tile loads need, which was 4 % slower. Loops and branches between tile instructions
// cost 3 %, so their number is fixed.
INLINE void fetch_quarter(const prefetch *f, const int sparse, const int quarter) {
    const long sums = f->sum_lines / 4;
    for (int line = 0; line < sums; line++)
        __builtin_prefetch(f->sums + (quarter * sums + line) * 16, 1);
    const char *from = (quarter % 2 ? (const char *)f->weights : f->inputs) + quarter / 2 * 64;
    const long all = quarter % 2 ? f->weight_lines : f->input_lines;
    const long lines = sparse ? 1 : (all + 1 - quarter / 2) / 2;
#pragma clang loop unroll(disable)
    for (long line = 0; line < lines; line++) __builtin_prefetch(from + line * 128, 0, 2);
}

INLINE void fetch_next(prefetch *f) {
    f->sums += f->sum_lines * 16;
    f->inputs += f->input_lines * 64;
    f->weights += f->weight_lines * 64;
}

// What an accumulator is loaded with after its last product of a panel: nothing after the last
// groups, otherwise the next groups' sums, which are zeros in the first panel.
typedef enum { NOTHING, ZEROS, SUMS } successor;

// Stores an accumulator's sums and loads what comes next, while the other accumulators' products go
// on.
INLINE void retire(const int accumulator, float *sums, const successor next) {
    float *at = accumulator_at(accumulator, sums);
    store_tile(accumulator, at, SUMS_STRIDE);
    if (next == SUMS) load_tile(accumulator, at + PAIR_SUMS, SUMS_STRIDE);
    else if (next == ZEROS) zero_tile(accumulator);
}

// Adds the products of the loaded operands and prefetches a step's lines between them. With
// `is_last` it also retires the sums.
INLINE void multiply_fetching(const int groups, const int sparse, const int is_last, float *sums,
                              successor next, const prefetch *f) {
    enum { BESIDE_FETCHES = BETWEEN_TILES - 2 };  // prefetches keep products apart, too
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        if (i / 2 < groups) multiply_tile(i);
        fetch_quarter(f, sparse, i);
        idle(BESIDE_FETCHES);
        if (is_last && i / 2 < groups) retire(i, sums, next);
    }
}

// sums [groups][16][CK_BAND] = the accumulators + the products of one or two groups of inputs and a
// panel. a: the first group's inputs; apart: bytes to the second group's.
INLINE void add_groups(const ck_layout layout, const int groups, const int sparse, const char *a,
                       long apart, const uint8_t *panel, long steps, float *sums, successor next,
                       prefetch *f) {
    f->sums = sums + PAIR_SUMS;
    for (long step = 0; step < steps; step++) {
        begin_step(input_parts(layout), weight_parts(layout), groups,
                   a + step * input_parts(layout) * TILE_BYTES, apart,
                   panel + step * weight_parts(layout) * STEP_BYTES);
        if (step < steps - 1) multiply_fetching(groups, sparse, 0, sums, next, f);
        else multiply_fetching(groups, sparse, 1, sums, next, f);
        fetch_next(f);
    }
}

// The tile unit powers down after about 500 idle cycles and takes 600 to wake. While a panel is
// unpacked, a product whose result nobody reads is issued every STEPS_AWAKE steps.
enum { STEPS_AWAKE = 3 };

// Multiplies a block of inputs by one panel. Vector and tile instructions share a port and slow
// each other down when they alternate, so a panel is unpacked as a whole first, and results are
// written for a whole block of inputs.
INLINE void multiply_panel(const ck_layout layout, const int sparse, const product *p,
                           const panel_product *w, prefetch *f) {
    _Alignas(64) uint8_t panel[PANEL_BYTES];
    const long group_bytes = w->steps * input_parts(layout) * TILE_BYTES;
    for (long step = 0; step < w->steps; step++) {
        if (step % STEPS_AWAKE == STEPS_AWAKE - 1) multiply_tile(0);
        unpack(layout, band_of(p, w->band), p->of->columns, w->first + step,
               panel + step * weight_parts(layout) * STEP_BYTES);
    }
    float *sums = p->sums + w->band * block_sums(p->of->m);
    if (w->first > 0) load_sums(sums);
    else zero_sums();
    for (long group = 0; group < w->groups; group += 2, sums += PAIR_SUMS) {
        const char *a = w->inputs + group * group_bytes;
        const successor next = group + 2 >= w->groups ? NOTHING : w->first > 0 ? SUMS : ZEROS;
        if (group + 1 < w->groups)
            add_groups(layout, 2, sparse, a, group_bytes, panel, w->steps, sums, next, f);
        else add_groups(layout, 1, sparse, a, group_bytes, panel, w->steps, sums, next, f);
    }
}

// What to prefetch during the i-th product, `now`: the weights of the product after it, `next`, and
// this band's share of the next panel's inputs.
INLINE prefetch prefetch_during(const ck_layout layout, const product *p, long i,
                                const panel_product *now, const panel_product *next) {
    const long steps = (now->groups + 1) / 2 * now->steps;
    const panel_product later = panel_product_at(layout, p, i + p->band_count);
    const long inputs =
        later.groups * later.steps * input_parts(layout) * TILE_ROWS / p->band_count;
    const uint8_t *band = band_of(p, next->band), *weights = weights_of(layout, band, next->first);
    const long lines = (weights_of(layout, band, next->first + next->steps) - weights) / 64;
    // Without a next panel, prefetch this one's first lines: fetch_quarter prefetches
    // unconditionally.
    const char *from = inputs > 0 ? later.inputs + now->band * inputs * 64 : now->inputs;
    return (prefetch){.inputs = from,
                      .weights = weights,
                      .sum_lines = 64 / panel_steps(layout),
                      .input_lines = (inputs + steps - 1) / steps,
                      .weight_lines = (lines + steps - 1) / steps};
}

INLINE void multiply_many(const ck_layout layout, const product *p) {
    const long steps = steps_of(p->of->columns);
    panel_product now = panel_product_at(layout, p, 0);
    for (long i = 0; now.steps > 0; i++) {
        const panel_product next = panel_product_at(layout, p, i + 1);
        prefetch f = prefetch_during(layout, p, i, &now, &next);
        if (is_sparse(&f)) multiply_panel(layout, 1, p, &now, &f);
        else multiply_panel(layout, 0, p, &now, &f);
        if (now.band == p->band_count - 1 && now.first + now.steps == steps)
            finish(layout, p, block_sums(p->of->m), now.group * TILE_ROWS,
                   (now.group + now.groups) * TILE_ROWS);
        now = next;
    }
}
