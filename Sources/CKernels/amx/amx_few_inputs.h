// Products of at most two groups of inputs: each band's steps are unpacked and multiplied one by one.
#include "amx_product.h"

// One band by one or two groups of inputs, all steps. Tile loads wait for stores, so weights are
// unpacked two steps before they are multiplied; more at a time measured slower.
INLINE void multiply_band(const ck_layout layout, const int groups, const product *p, long index) {
    enum { AHEAD = 2, SLOTS = 4 };
    _Alignas(64) uint8_t slots[SLOTS][2 * STEP_BYTES];
    const uint8_t *band = band_of(p, index);
    const char *inputs = inputs_of(p);
    const long columns = p->of->columns, steps = steps_of(columns), parts = input_parts(layout);
    zero_sums();
    for (long step = -AHEAD; step < steps; step++) {
        if (step + AHEAD < steps) {
            const uint8_t *weights = weights_of(layout, band, step + AHEAD);
            fetch_ahead(weights, weights_of(layout, band, step + AHEAD + 1) - weights);
            unpack(layout, band, columns, step + AHEAD, slots[(step + AHEAD) % SLOTS]);
        }
        if (step < 0) continue;
        long first = step / panel_steps(layout) * panel_steps(layout), left = steps - first;
        long count = left < panel_steps(layout) ? left : panel_steps(layout);
        add_step(input_parts(layout), weight_parts(layout), groups,
                 inputs + (first * groups + step - first) * parts * TILE_BYTES,
                 count * parts * TILE_BYTES, slots[step % SLOTS]);
    }
    store_sums(groups, p->sums + index * groups * TILE_ROWS * CK_BAND);
}

INLINE void multiply_few(const ck_layout layout, const product *p) {
    const long groups = groups_of(p->of->m);
    for (long band = 0; band < p->band_count; band++)
        if (groups > 1) multiply_band(layout, 2, p, band);
        else multiply_band(layout, 1, p, band);
    finish(layout, p, groups * TILE_ROWS * CK_BAND, 0, p->of->m);
}
