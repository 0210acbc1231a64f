// The types in which the cache stores keys and values.
#ifndef CK_CACHE_H
#define CK_CACHE_H

#include "ck_types.h"

// The rows are in the order in which archives number them, so a new one comes last. A type of
// CK_BLOCK_TYPES has blocks of 32 here.
//   id        of a type of ck_types.h that ck_encode makes
//   rotated   1: vectors are stored after ck_rotate, so that a few large dimensions do not take
//             all steps of their block. Attention then takes queries, and leaves outputs, in the same
//             form (ck_attention.h)
// What else a further type needs is in docs/kernels.md.
// clang-format off
#define CK_CACHE_TYPES(TYPE)  \
    /*   id    rotated */     \
    TYPE(F32,  0)             \
    TYPE(F16,  0)             \
    TYPE(Q8_0, 0)             \
    TYPE(Q4_0, 1)
// clang-format on

typedef struct {
    ck_type type;
    int is_rotated;
} ck_cache_row;

enum {
#define ONE(id, rotated) +1
    CK_CACHE_TYPE_COUNT = 0 CK_CACHE_TYPES(ONE)
#undef ONE
};

// The row of that index in the list.
ck_cache_row ck_cache_type_at(int index);

// Multiplies each block of 32 floats, in place, by the Walsh-Hadamard matrix of 32 x 32 over
// sqrt(32). The matrix is symmetric and orthogonal: products of rotated vectors are those of the
// vectors, and a second rotation undoes the first. count: a multiple of 32.
//
// Source: the rotations of QuaRot (Ashkboos et al., https://arxiv.org/abs/2404.00456), in blocks of 32.
void ck_rotate(float *x, long count);

// Converts a vector of `count` floats to how the cache stores it, and back. Source and target must
// not overlap.
void ck_cache_encode(ck_cache_row row, const float *floats, long count, void *stored);
void ck_cache_decode(ck_cache_row row, const void *stored, long count, float *floats);

#endif
