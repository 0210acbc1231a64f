// All float kernels of one instruction set. The including file defines
//
//   LANES          floats of a vector: 4, 8 or 16
//   INPUT_ROWS     inputs whose sums stay in registers: 4, 6 or 8, of two vectors each
//   HARDWARE_HALF  1 where instructions convert f16; left out elsewhere
//   TABLE          name of the table that this file defines
#include "float_decode.h"

// MARK: limits

static uint64_t read_memory(const void *start, size_t bytes) {
    const char *p = start;
    vi sum[4] = {{0}};
    for (const char *end = p + bytes; p < end; p += 4 * sizeof(vi)) {
        fetch_ahead(p, 4 * sizeof(vi));
        for (int i = 0; i < 4; i++) sum[i] ^= (vi)load((const float *)p + i * LANES);
    }
    vi all = sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
    return (uint64_t)(uint32_t)all[0];
}

// Hides a vector's value from the compiler, which can then neither compute with it nor drop it.
INLINE void hide(vf *v) { __asm__ volatile("" : "+m"(*v)); }

static double float_operations(long rounds) {
    enum { SUMS = LANES == 16 ? 24 : 12 };
    vf sum[SUMS], a = splat(0.5f), b = splat(1e-3f);
    hide(&a);
    hide(&b);
    for (int i = 0; i < SUMS; i++) sum[i] = splat((float)i);
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SUMS; i++) sum[i] = sum[i] * a + b;
    for (int i = 0; i < SUMS; i++) hide(&sum[i]);
    return 2.0 * LANES * SUMS * (double)rounds;
}

const ck_float_table TABLE = {
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .rope = rope,
    .silu_multiply = silu_multiply,
    .quick_gelu = quick_gelu,
    .tanh_gelu = tanh_gelu,
    .gelu = gelu,
    .add = add,
    .softmax = softmax,
    .log_sum_exp = log_sum_exp,
    .f16_to_f32 = f16_to_f32,
    .input_rows = INPUT_ROWS,
    .prepare = prepare_floats,
    .panel_columns = PANEL_COLUMNS,
    .add_one = add_float_one,
    .add_panel = add_float_panel,
    .attend = attend,
    .decode_chunk = decode_chunk,
    .decode_mean = decode_mean,
    .read_memory = read_memory,
    .operations = float_operations,
};
