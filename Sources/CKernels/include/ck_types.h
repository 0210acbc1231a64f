// The types in which model files store numbers, and how the kernels hold matrices of them.
//
// Everything that C and Swift know of a type follows from its row here: sizes, names and numbers in
// file formats, conversion to and from floats, packing. A new type needs
//
// 1. a row in CK_ELEMENT_TYPES (single numbers) or CK_BLOCK_TYPES (numbers that share scales),
// 2. its conversion functions, in types/elements.h, types/blocks_of_32.h or types/blocks_of_256.h,
// 3. only where none of CK_INT_LAYOUTS holds its weights exactly: a row there. A layout that consists
//    of the parts described there needs no code in any kernel,
// 4. a block of it in Tests/InferenceTests/Fixtures/dequantization.json, with what the Python package
//    gguf makes of it. All other tests run over this list.
#ifndef CK_TYPES_H
#define CK_TYPES_H

#include <stddef.h>

// Single numbers.
//   id, name    the name is ggml's; in upper case it is the dtype of safetensors
//   bytes       of one number
//   ggml        number of the type in GGUF files (enum ggml_type); -1: it has none
//   file        general.file_type of a GGUF file of such matrices (enum llama_ftype); -1: none is
//               written
//   storage     PyTorch's storage class without the word Storage
//   weight      1: a model's weights may be stored in it
//   layout      how the kernels hold a matrix of this type; NONE: it is converted to f32 first
//   encode      function that makes the type from floats, or NULL
// The function that reads a type is read_NAME in types/elements.h.
// clang-format off
#define CK_ELEMENT_TYPES(TYPE)                                             \
    /*   id    name  bytes ggml file storage     weight layout encode */   \
    TYPE(F64,  f64,  8,    28,  -1,  "Double",   1,     NONE,  NULL)       \
    TYPE(F32,  f32,  4,    0,   0,   "Float",    1,     F32,   write_f32)  \
    TYPE(F16,  f16,  2,    1,   1,   "Half",     1,     F16,   write_f16)  \
    TYPE(BF16, bf16, 2,    30,  -1,  "BFloat16", 1,     BF16,  write_bf16) \
    TYPE(U8,   u8,   1,    -1,  -1,  "Byte",     0,     NONE,  NULL)       \
    TYPE(I8,   i8,   1,    24,  -1,  "Char",     0,     NONE,  NULL)       \
    TYPE(I16,  i16,  2,    25,  -1,  "Short",    0,     NONE,  NULL)       \
    TYPE(I32,  i32,  4,    26,  -1,  "Int",      0,     NONE,  NULL)       \
    TYPE(I64,  i64,  8,    27,  -1,  "Long",     0,     NONE,  NULL)
// clang-format on

// Blocks of consecutive numbers of a row, as ggml stores them (ggml-common.h).
//   block       numbers of a block
//   bytes       of a block
//   scale       where a block holds its f16 scale d, in bytes
//   minimum     the same for the f16 factor m of its minima; -1: it has none
//   layout      as above; NONE: it is converted to floats and then to q8_0
// The function that takes a block apart is split_NAME in types/blocks_of_32.h or
// types/blocks_of_256.h.
// clang-format off
#define CK_BLOCK_TYPES(TYPE)                                                 \
    /*   id    name  block bytes ggml file scale minimum layout encode */    \
    TYPE(Q8_0, q8_0, 32,   34,   8,   7,   0,    -1,     Q8_0,  encode_q8_0) \
    TYPE(Q4_0, q4_0, 32,   18,   2,   2,   0,    -1,     Q4_0,  encode_q4_0) \
    TYPE(Q4_1, q4_1, 32,   20,   3,   -1,  0,    2,      Q4_1,  NULL)        \
    TYPE(Q5_0, q5_0, 32,   22,   6,   -1,  0,    -1,     Q5_0,  NULL)        \
    TYPE(Q5_1, q5_1, 32,   24,   7,   -1,  0,    2,      Q5_1,  NULL)        \
    TYPE(Q2_K, q2_k, 256,  84,   10,  -1,  80,   82,     Q2_K,  NULL)        \
    TYPE(Q3_K, q3_k, 256,  110,  11,  -1,  108,  -1,     Q3_K,  NULL)        \
    TYPE(Q4_K, q4_k, 256,  144,  12,  14,  0,    2,      Q4_K,  encode_q4_k) \
    TYPE(Q5_K, q5_k, 256,  176,  13,  -1,  0,    2,      Q5_K,  NULL)        \
    TYPE(Q6_K, q6_k, 256,  210,  14,  -1,  208,  -1,     Q6_K,  NULL)
// clang-format on

typedef int ck_type;
enum {
#define ID(id, ...) CK_TYPE_##id,
    CK_ELEMENT_TYPES(ID) CK_BLOCK_TYPES(ID)
#undef ID
        CK_TYPE_COUNT
};

// Packed matrices (ck_matrix.h): floats, with the bytes of a number.
// clang-format off
#define CK_FLOAT_LAYOUTS(LAYOUT) \
    LAYOUT(F32, 4)               \
    LAYOUT(F16, 2)               \
    LAYOUT(BF16, 2)
// clang-format on

// Packed matrices: whole numbers q in blocks of 32 columns.
//   low         bits of q that are stored together: 8, or 4 as nibbles
//   upper       further bits of q, stored apart: 0, 1 or 2
//   grouped     0: each block has a scale d and, with minima, a minimum m: w = d (q - zero) + m.
//               1: 8 blocks share d and m, and each has whole factors s of them: with minima one of
//               each, w = d s q - m s'; without minima one for every 16 columns, w = d s (q - zero)
//               2: the same with minima, and one s and one s' of 4 bits for every 16 columns
//   minima      0 or 1
//   zero        what is added to a weight's number to make it unsigned
// clang-format off
#define CK_INT_LAYOUTS(LAYOUT)                    \
    /*     id    low upper grouped minima zero */ \
    LAYOUT(Q8_0, 8,  0,    0,      0,     128)    \
    LAYOUT(Q4_0, 4,  0,    0,      0,     8)      \
    LAYOUT(Q4_1, 4,  0,    0,      1,     0)      \
    LAYOUT(Q5_0, 4,  1,    0,      0,     16)     \
    LAYOUT(Q5_1, 4,  1,    0,      1,     0)      \
    LAYOUT(Q2_K, 4,  0,    2,      1,     0)      \
    LAYOUT(Q3_K, 4,  0,    1,      0,     4)      \
    LAYOUT(Q4_K, 4,  0,    1,      1,     0)      \
    LAYOUT(Q5_K, 4,  1,    1,      1,     0)      \
    LAYOUT(Q6_K, 4,  2,    1,      0,     32)
// clang-format on

typedef int ck_layout;
enum {
    CK_LAYOUT_NONE = -1,
#define ID(id, ...) CK_LAYOUT_##id,
    CK_FLOAT_LAYOUTS(ID) CK_INT_LAYOUTS(ID)
#undef ID
};

static inline int ck_is_float(ck_layout layout) { return layout <= CK_LAYOUT_BF16; }

// A row of the lists above; what a type does not have is -1 or NULL.
typedef struct {
    const char *name;
    const char *storage;
    int block, bytes, ggml, file, scale, minimum;
    ck_layout layout;
    int is_weight;   // 1: a model's weights may be stored in it
    int is_encoded;  // 1: ck_encode makes it
} ck_type_row;

const ck_type_row *ck_type_at(ck_type type);

// Converts stored numbers to floats, with ggml's values. count: a multiple of the type's block.
// Stored numbers may lie at any address. Source and target must not overlap.
void ck_decode(ck_type type, const void *stored, long count, float *floats);

// Converts floats to stored numbers, with ggml's rounding; only for types with is_encoded. NaN and
// numbers beyond a type's range become some number of the block.
void ck_encode(ck_type type, const float *floats, long count, void *stored);

// 1 when no float is infinite or NaN, else 0.
int ck_are_finite(const float *floats, long count);

#endif
