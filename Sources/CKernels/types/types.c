// The table of types, and conversion to and from floats.
#include "ck_types.h"

#include "blocks_of_256.h"
#include "blocks_of_32.h"
#include "elements.h"

// Values are ggml's on every processor, so products are rounded before they are added.
#pragma STDC FP_CONTRACT OFF

typedef void (*decoder)(const uint8_t *stored, long count, float *floats);
typedef void (*encoder)(const float *floats, long count, uint8_t *stored);

// MARK: blocks

typedef void (*splitter)(const uint8_t *stored, int b, split_block *out);

static inline __attribute__((always_inline)) void decode_blocks(const ck_type_row type,
                                                                splitter split,
                                                                const uint8_t *stored, long count,
                                                                float *floats) {
    for (; count > 0; count -= type.block, stored += type.bytes) {
        const float d = half_value(stored + type.scale);
        const float m = type.minimum >= 0 ? half_value(stored + type.minimum) : 0;
        for (int b = 0; b < type.block / 32; b++, floats += 32) {
            split_block w;
            split(stored, b, &w);
            for (int half = 0; half < 2; half++) {
                const float step = d * (float)w.scales[half], offset = m * (float)w.minima[half];
                for (int i = 16 * half; i < 16 * half + 16; i++) {
                    floats[i] = step * (float)w.quants[i];
                    if (type.minimum >= 0) floats[i] += offset;
                }
            }
        }
    }
}

typedef void (*block_encoder)(const float *x, uint8_t *target);

static inline __attribute__((always_inline)) void encode_blocks(const ck_type_row type,
                                                                block_encoder encode,
                                                                const float *floats, long count,
                                                                uint8_t *stored) {
    if (!encode) return;
    for (; count > 0; count -= type.block, floats += type.block, stored += type.bytes)
        encode(floats, stored);
}

// MARK: the table

#define ELEMENT_ROW(id_, name_, bytes_, ggml_, file_, storage_, weight_, layout_, encode_)         \
    [CK_TYPE_##id_] = {.name = #name_,                                                             \
                       .storage = storage_,                                                        \
                       .block = 1,                                                                 \
                       .bytes = bytes_,                                                            \
                       .ggml = ggml_,                                                              \
                       .file = file_,                                                              \
                       .scale = -1,                                                                \
                       .minimum = -1,                                                              \
                       .layout = CK_LAYOUT_##layout_,                                              \
                       .is_weight = weight_,                                                       \
                       .is_encoded = encode_ != NULL},
#define BLOCK_ROW(id_, name_, block_, bytes_, ggml_, file_, scale_, minimum_, layout_, encode_)    \
    [CK_TYPE_##id_] = {.name = #name_,                                                             \
                       .block = block_,                                                            \
                       .bytes = bytes_,                                                            \
                       .ggml = ggml_,                                                              \
                       .file = file_,                                                              \
                       .scale = scale_,                                                            \
                       .minimum = minimum_,                                                        \
                       .layout = CK_LAYOUT_##layout_,                                              \
                       .is_weight = 1,                                                             \
                       .is_encoded = encode_ != NULL},
static const ck_type_row rows[CK_TYPE_COUNT] = {CK_ELEMENT_TYPES(ELEMENT_ROW)
                                                    CK_BLOCK_TYPES(BLOCK_ROW)};

const ck_type_row *ck_type_at(ck_type type) { return &rows[type]; }

// One function of each kind for each block type, in which its row is known.
#define BLOCK_FUNCTIONS(id, name, block, bytes, ggml, file, scale, minimum, layout, encode)        \
    static void read_##name(const uint8_t *stored, long count, float *floats) {                    \
        decode_blocks(rows[CK_TYPE_##id], split_##name, stored, count, floats);                    \
    }                                                                                              \
    static void write_##name(const float *floats, long count, uint8_t *stored) {                   \
        encode_blocks(rows[CK_TYPE_##id], encode, floats, count, stored);                          \
    }
CK_BLOCK_TYPES(BLOCK_FUNCTIONS)

#define ELEMENT_CODERS(id, name, bytes, ggml, file, storage, weight, layout, encode)               \
    [CK_TYPE_##id] = {read_##name, encode},
#define BLOCK_CODERS(id, name, ...) [CK_TYPE_##id] = {read_##name, write_##name},
static const struct {
    decoder decode;
    encoder encode;
} coders[CK_TYPE_COUNT] = {CK_ELEMENT_TYPES(ELEMENT_CODERS) CK_BLOCK_TYPES(BLOCK_CODERS)};

void ck_decode(ck_type type, const void *stored, long count, float *floats) {
    coders[type].decode(stored, count, floats);
}

void ck_encode(ck_type type, const float *floats, long count, void *stored) {
    coders[type].encode(floats, count, stored);
}

// A float's exponent is all ones in infinities and NaN alone.
int ck_are_finite(const float *floats, long count) {
    int32_t largest = 0;
    for (long i = 0; i < count; i++) {
        int32_t bits;
        memcpy(&bits, floats + i, sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    return largest < 0x7f800000;
}
