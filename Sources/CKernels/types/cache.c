// ck_cache.h: rotation, and conversion to and from what the cache stores.
#include "ck_cache.h"

#include <stdint.h>
#include <string.h>

#define ROW(id, rotated) {CK_TYPE_##id, rotated},
static const ck_cache_row rows[CK_CACHE_TYPE_COUNT] = {CK_CACHE_TYPES(ROW)};

ck_cache_row ck_cache_type_at(int index) { return rows[index]; }

enum { BLOCK = 32, VECTORS = BLOCK / 4 };

typedef float v4f __attribute__((vector_size(16)));

// Sylvester's construction: one stage of sums and differences for each bit of the index. The lowest
// two bits are lanes of a vector, the upper three choose the vector.
static void rotate_block(float *x) {
    const v4f pairs = {1, -1, 1, -1}, halves = {1, 1, -1, -1};
    v4f v[VECTORS];
    memcpy(v, x, sizeof v);
    for (int i = 0; i < VECTORS; i++) {
        v[i] = __builtin_shufflevector(v[i], v[i], 1, 0, 3, 2) + v[i] * pairs;
        v[i] = __builtin_shufflevector(v[i], v[i], 2, 3, 0, 1) + v[i] * halves;
    }
    for (int step = 1; step < VECTORS; step *= 2)
        for (int i = 0; i < VECTORS; i++)
            if (!(i & step)) {
                const v4f a = v[i], b = v[i + step];
                v[i] = a + b;
                v[i + step] = a - b;
            }
    for (int i = 0; i < VECTORS; i++) v[i] *= 0.17677669529663687f;
    memcpy(x, v, sizeof v);
}

void ck_rotate(float *x, long count) {
    for (long i = 0; i < count; i += BLOCK) rotate_block(x + i);
}

void ck_cache_encode(ck_cache_row row, const float *floats, long count, void *stored) {
    if (!row.is_rotated) {
        ck_encode(row.type, floats, count, stored);
        return;
    }
    const int bytes = ck_type_at(row.type)->bytes;
    for (long i = 0; i < count; i += BLOCK) {
        float block[BLOCK];
        memcpy(block, floats + i, sizeof block);
        rotate_block(block);
        ck_encode(row.type, block, BLOCK, (uint8_t *)stored + i / BLOCK * bytes);
    }
}

void ck_cache_decode(ck_cache_row row, const void *stored, long count, float *floats) {
    ck_decode(row.type, stored, count, floats);
    if (row.is_rotated) ck_rotate(floats, count);
}
