// How the blocks of the packed integer types (ck_matrix.h) are found and read, whatever multiplies them.
#ifndef INT_BLOCKS_H
#define INT_BLOCKS_H

#include "int_table.h"

// Types are constants where kernels are instantiated, and must be seen as such.
#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE int has_minima(const ck_matrix_type type) {
    return type == CK_Q8_1 || type == CK_Q4_K || type == CK_Q5_K;
}

// What is added to a weight to make it unsigned.
ALWAYS_INLINE int zero_of(const ck_matrix_type type) {
    return type == CK_Q8_0 ? 128 : type == CK_Q4_0 ? 8 : type == CK_Q6_K ? 32 : 0;
}

ALWAYS_INLINE int block_bytes(const ck_matrix_type type) {
    switch (type) {
    case CK_Q8_0: return Q8_0_BLOCK;
    case CK_Q8_1: return Q8_1_BLOCK;
    case CK_Q4_0: return Q4_0_BLOCK;
    case CK_Q4_K: return Q4_K_BLOCK;
    case CK_Q5_K: return Q5_K_BLOCK;
    default: return Q6_K_BLOCK;
    }
}

// Bytes of a group's header; 0 for the types that have no groups.
ALWAYS_INLINE int header_bytes(const ck_matrix_type type) {
    return type < CK_Q4_K ? 0 : type == CK_Q6_K ? HALVES : 2 * HALVES;
}

// A block of a tile: its group's header (K types) and its own bytes.
typedef struct {
    const uint8_t *header, *block;
} place;

ALWAYS_INLINE place place_of(const ck_matrix_type type, const uint8_t *tile, long b) {
    const int bytes = block_bytes(type), header = header_bytes(type);
    if (!header) return (place){0, tile + b * bytes};
    const uint8_t *group = tile + b / 8 * (header + 8 * bytes);
    return (place){group, group + header + b % 8 * bytes};
}

#endif
