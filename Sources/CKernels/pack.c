// Packing of weights: from rows of floats or of ggml's blocks to tiles of 32 rows.
#include <string.h>

#include "ck_cache.h"
#include "int_table.h"

// MARK: floats

// Columns that are turned at a time: the written stretch stays in the first-level cache.
enum { STRETCH = 64 };

#define PACK(name, element)                                                                        \
    static void name(const void *const *rows, long columns, element *tile) {                       \
        for (long first = 0; first < columns; first += STRETCH) {                                  \
            long last = columns - first < STRETCH ? columns : first + STRETCH;                     \
            for (int r = 0; r < CK_TILE; r++) {                                                    \
                const element *row = rows[r];                                                      \
                for (long i = first; i < last; i++) tile[i * CK_TILE + r] = row ? row[i] : 0;      \
            }                                                                                      \
        }                                                                                          \
    }
PACK(pack_16, uint16_t)
PACK(pack_32, uint32_t)
#undef PACK

// MARK: blocks of 32

// Four quants of one row in a word, for each of the 8 groups of 4 columns.
typedef union {
    uint8_t bytes[32];
    uint32_t words[8];
} quants;

static void split_nibbles(const uint8_t *nibbles, quants *q) {
    for (int i = 0; i < 16; i++) {
        q->bytes[i] = nibbles[i] & 15;
        q->bytes[i + 16] = nibbles[i] >> 4;
    }
}

static void add_fifth_bits(const uint8_t *bits, quants *q) {
    uint32_t high;
    memcpy(&high, bits, 4);
    for (int i = 0; i < 32; i++) q->bytes[i] |= (uint8_t)((high >> i & 1) << 4);
}

static void put_bytes(const quants *q, int r, uint8_t *bytes) {
    for (int g = 0; g < 8; g++) memcpy(bytes + (g * CK_TILE + r) * 4, &q->words[g], 4);
}

static void put_nibbles(const quants *q, int r, uint8_t *nibbles) {
    for (int g = 0; g < 4; g++) {
        uint32_t both = (q->words[g] & 0x0f0f0f0f) | (q->words[g + 4] & 0x0f0f0f0f) << 4;
        memcpy(nibbles + (g * CK_TILE + r) * 4, &both, 4);
    }
}

static void put_half(const uint8_t *half, int r, uint8_t *halves) { memcpy(halves + 2 * r, half, 2); }

static void pack_q8_0(const uint8_t *block, int r, uint8_t *out) {
    quants q;
    for (int i = 0; i < 32; i++) q.bytes[i] = block[2 + i] ^ 128;
    put_half(block, r, out);
    put_bytes(&q, r, out + HALVES);
}

static void pack_q4_0(const uint8_t *block, int r, uint8_t *out) {
    quants q;
    split_nibbles(block + 2, &q);
    put_half(block, r, out);
    put_nibbles(&q, r, out + HALVES);
}

// 16 is the zero of q5_0, 128 the zero of the packed type.
static void pack_q5_0(const uint8_t *block, int r, uint8_t *out) {
    quants q;
    split_nibbles(block + 6, &q);
    add_fifth_bits(block + 2, &q);
    for (int i = 0; i < 32; i++) q.bytes[i] = (uint8_t)(q.bytes[i] + 128 - 16);
    put_half(block, r, out);
    put_bytes(&q, r, out + HALVES);
}

static void pack_q4_1(const uint8_t *block, int r, uint8_t *out) {
    quants q;
    split_nibbles(block + 4, &q);
    put_half(block, r, out);
    put_half(block + 2, r, out + HALVES);
    put_bytes(&q, r, out + 2 * HALVES);
}

static void pack_q5_1(const uint8_t *block, int r, uint8_t *out) {
    quants q;
    split_nibbles(block + 8, &q);
    add_fifth_bits(block + 4, &q);
    put_half(block, r, out);
    put_half(block + 2, r, out + HALVES);
    put_bytes(&q, r, out + 2 * HALVES);
}

// MARK: groups of 256

// The 6-bit scale and minimum of block b of q4_k and q5_k.
static void k_scale(const uint8_t *scales, int b, uint8_t *scale, uint8_t *minimum) {
    if (b < 4) {
        *scale = scales[b] & 63;
        *minimum = scales[b + 4] & 63;
    } else {
        *scale = (uint8_t)((scales[b + 4] & 15) | (scales[b - 4] >> 6) << 4);
        *minimum = (uint8_t)((scales[b + 4] >> 4) | (scales[b] >> 6) << 4);
    }
}

// Blocks 2 p and 2 p + 1 share 32 bytes: the first has the low nibbles.
static void k_nibbles(const uint8_t *nibbles, int b, quants *q) {
    for (int i = 0; i < 32; i++) q->bytes[i] = nibbles[b / 2 * 32 + i] >> (b % 2 * 4) & 15;
}

static void pack_q4_k(const uint8_t *group, int r, uint8_t *out) {
    put_half(group, r, out);
    put_half(group + 2, r, out + HALVES);
    for (int b = 0; b < 8; b++) {
        uint8_t *block = out + 2 * HALVES + b * Q4_K_BLOCK;
        quants q;
        k_scale(group + 4, b, block + r, block + CK_TILE + r);
        k_nibbles(group + 16, b, &q);
        put_nibbles(&q, r, block + K_SCALES);
    }
}

static void pack_q5_k(const uint8_t *group, int r, uint8_t *out) {
    put_half(group, r, out);
    put_half(group + 2, r, out + HALVES);
    for (int b = 0; b < 8; b++) {
        uint8_t *block = out + 2 * HALVES + b * Q5_K_BLOCK;
        quants q;
        k_scale(group + 4, b, block + r, block + CK_TILE + r);
        k_nibbles(group + 48, b, &q);
        uint8_t fifth[4] = {0};
        for (int i = 0; i < 32; i++) fifth[i % 4] |= (uint8_t)((group[16 + i] >> b & 1) << (i / 4));
        memcpy(block + K_SCALES + 4 * r, fifth, 4);
        put_nibbles(&q, r, block + K_SCALES + 4 * CK_TILE);
    }
}

// Stored as two halves of 128; in each, byte l of `low` has columns l and l + 64 (l < 64), and byte
// l of `high` (l < 32) the upper bits of columns l, l + 32, l + 64, l + 96.
static void pack_q6_k(const uint8_t *group, int r, uint8_t *out) {
    const uint8_t *low = group, *high = group + 128, *scales = group + 192;
    put_half(group + 208, r, out);
    for (int b = 0; b < 8; b++) {
        uint8_t *block = out + HALVES + b * Q6_K_BLOCK;
        quants q;
        for (int i = 0; i < 32; i++)
            q.bytes[i] = low[b / 4 * 64 + b % 2 * 32 + i] >> (b % 4 / 2 * 4) & 15;
        uint8_t upper[2][4] = {{0}};
        for (int i = 0; i < 32; i++) {
            int bits = high[b / 4 * 32 + i] >> (b % 4 * 2) & 3, g = i / 4;
            upper[g / 4][i % 4] |= (uint8_t)(bits << (2 * (g % 4)));
        }
        block[r] = scales[2 * b];
        block[CK_TILE + r] = scales[2 * b + 1];
        memcpy(block + K_SCALES + 4 * r, upper[0], 4);
        memcpy(block + K_SCALES + 4 * CK_TILE + 4 * r, upper[1], 4);
        put_nibbles(&q, r, block + K_SCALES + 8 * CK_TILE);
    }
}

// MARK: tiles

typedef void (*pack_block)(const uint8_t *block, int r, uint8_t *out);

static const struct {
    ck_matrix_type packed;
    int columns, stored_bytes, packed_bytes;
    pack_block pack;
} formats[] = {
    [CK_STORED_F32] = {.packed = CK_F32},
    [CK_STORED_F16] = {.packed = CK_F16},
    [CK_STORED_BF16] = {.packed = CK_BF16},
    [CK_STORED_Q8_0] = {CK_Q8_0, 32, 34, Q8_0_BLOCK, pack_q8_0},
    [CK_STORED_Q4_0] = {CK_Q4_0, 32, 18, Q4_0_BLOCK, pack_q4_0},
    [CK_STORED_Q4_1] = {CK_Q8_1, 32, 20, Q8_1_BLOCK, pack_q4_1},
    [CK_STORED_Q5_0] = {CK_Q8_0, 32, 22, Q8_0_BLOCK, pack_q5_0},
    [CK_STORED_Q5_1] = {CK_Q8_1, 32, 24, Q8_1_BLOCK, pack_q5_1},
    [CK_STORED_Q4_K] = {CK_Q4_K, 256, 144, Q4_K_GROUP, pack_q4_k},
    [CK_STORED_Q5_K] = {CK_Q5_K, 256, 176, Q5_K_GROUP, pack_q5_k},
    [CK_STORED_Q6_K] = {CK_Q6_K, 256, 210, Q6_K_GROUP, pack_q6_k},
};

ck_matrix_type ck_packed_type(ck_stored_type stored) { return formats[stored].packed; }

// A row of zeros: every scale is zero. `tile` is zeroed first for it.
static void pack_blocks(ck_stored_type stored, const void *const *rows, long columns,
                        uint8_t *tile) {
    long blocks = columns / formats[stored].columns;
    for (int r = 0; r < CK_TILE; r++)
        if (!rows[r]) {
            memset(tile, 0, (size_t)(blocks * formats[stored].packed_bytes));
            break;
        }
    for (long b = 0; b < blocks; b++)
        for (int r = 0; r < CK_TILE; r++)
            if (rows[r])
                formats[stored].pack((const uint8_t *)rows[r] + b * formats[stored].stored_bytes, r,
                                     tile + b * formats[stored].packed_bytes);
}

void ck_pack_tile(ck_stored_type stored, const void *const *rows, long columns, void *tile) {
    if (stored == CK_STORED_F32) pack_32(rows, columns, tile);
    else if (stored < CK_STORED_Q8_0) pack_16(rows, columns, tile);
    else pack_blocks(stored, rows, columns, tile);
}
