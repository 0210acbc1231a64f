// Numbers of the types of ck_cache.h, for one instruction set.
#ifndef FLOAT_CACHED_H
#define FLOAT_CACHED_H

#include "ck_cache.h"
#include "float_simd.h"

// A block of 32: its scale, an f16, then the numbers.
enum {
#define BYTES_OF(id, name, block, bytes, ...) BYTES_##id = bytes,
    CK_BLOCK_TYPES(BYTES_OF)
#undef BYTES_OF
        CACHED_BLOCK = 32,
};

// Bytes of a block; 0 where each number stands for itself.
INLINE long block_bytes(const ck_type type) {
    return type == CK_TYPE_Q8_0 ? BYTES_Q8_0 : type == CK_TYPE_Q4_0 ? BYTES_Q4_0 : 0;
}

INLINE vf scale_of(const char *block) {
    uint16_t scale[LANES] = {0};
    memcpy(scale, block, 2);
    return splat(load_f16(scale)[0]);
}

// A block's numbers from i on, without their scale. i: a multiple of LANES, below 32.
INLINE vf block_numbers(const ck_type type, const char *block, const int i) {
    const char *numbers = block + 2;
    if (type == CK_TYPE_Q8_0) return load_i8((const int8_t *)numbers + i);
    return load_nibbles((const uint8_t *)numbers + i % 16, i / 16);
}

// The numbers of an entry from d on, where each stands for itself.
INLINE vf single_numbers(const ck_type type, const char *entry, long d) {
    return type == CK_TYPE_F16 ? load_f16((const uint16_t *)entry + d)
                               : load((const float *)entry + d);
}

#endif
