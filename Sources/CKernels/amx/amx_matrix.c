// ck_matrix.h in AMX's tile registers: bf16 products, summed in f32.
//
// Weights are unpacked to bf16, one panel of steps at a time, which stays in the first-level cache
// while all inputs pass. Inputs of integer layouts are rounded to bf16, which is finer than the 8
// bits of the other instruction sets; those of float layouts are split (amx_tiles.h).
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,"  \
                                                   "avx512vl,avx512bf16,avx512fp16,avx2,fma,"      \
                                                   "f16c"))),                                      \
                             apply_to = function)
#define LANES 16
#define HARDWARE_HALF 1
#include "amx_few_inputs.h"
#include "amx_many_inputs.h"
#include "ck_memory.h"
#include "tile_table.h"

// Fewer inputs are faster in vectors: unpacking the weights costs as much for one input as for
// many.
enum { LEAST_ROWS = 12 };

INLINE void multiply_layout(const ck_layout layout, const product *p) {
    if (groups_of(p->of->m) > 2) multiply_many(layout, p);
    else multiply_few(layout, p);
}

static void multiply_any(ck_layout layout, const product *p) {
    switch (layout) {
    case CK_LAYOUT_F16: multiply_layout(CK_LAYOUT_F16, p); break;
    case CK_LAYOUT_BF16: multiply_layout(CK_LAYOUT_BF16, p); break;
#define CASE(id, ...)                                                                              \
    case CK_LAYOUT_##id: multiply_layout(CK_LAYOUT_##id, p); break;
        CK_INT_LAYOUTS(CASE)
#undef CASE
    }
}

static int multiply(const ck_product *of) {
    product p = {.of = of,
                 .band_bytes = (long)ck_band_bytes(of->layout, of->columns),
                 .band_count = (of->count + CK_BAND - 1) / CK_BAND * (of->up ? 2 : 1)};
    const size_t floats = (size_t)(p.band_count * block_sums(of->m));
    p.sums = ck_scratch(CK_SCRATCH_KERNEL, floats * sizeof(float));
    if (!p.sums) return -1;
    configure_tiles();
    multiply_any(of->layout, &p);
    // Once they are released, the registers need not be saved when threads take turns on a core.
    _tile_release();
    return 0;
}

// MARK: limits

// Multiplies registers of random numbers, because zeros would take less power and run at a higher
// clock.
static double operations(long rounds) {
    _Alignas(64) uint16_t numbers[2][TILE_BYTES / 2];
    for (uint32_t i = 0, random = 1; i < TILE_BYTES; i++) {
        random = random * 1664525 + 1013904223;
        numbers[i / (TILE_BYTES / 2)][i % (TILE_BYTES / 2)] = 0x3c00 | (random >> 16 & 0x81ff);
    }
    configure_tiles();
    zero_sums();
    for (long round = 0; round < rounds; round++) {
        _tile_loadd(4, numbers[0], 64);
        _tile_loadd(5, numbers[1], 64);
        _tile_loadd(6, numbers[0], 64);
        _tile_loadd(7, numbers[1], 64);
        multiply_operands(2);
    }
    _tile_release();
    return 2.0 * 4 * 16 * 16 * STEP_COLUMNS * (double)rounds;
}

const ck_tile_table ck_tile_amx = {
    .least_rows = LEAST_ROWS,
    .input_rows = TILE_ROWS,
    .block_unit = 2 * TILE_ROWS,
    .input_bytes = input_bytes,
    .prepare = prepare,
    .multiply = multiply,
    .block_rows = block_rows,
    .attend = ck_amx_attend,
    .operations = operations,
};
#pragma clang attribute pop
#endif
