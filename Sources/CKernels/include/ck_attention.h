// Scaled dot-product attention over one layer's keys and values.
//
// keys and values: [kv_heads][entries] vectors of head_dim elements in `precision`, `head_stride`
// bytes between heads and `entry_stride` bytes between entries. Query head h uses key/value head
// h / (heads / kv_heads). Nothing of size heads x n x length is ever stored.
//
// A rotated type (ck_cache.h) takes rotated queries, and outputs are then rotated, too: callers apply
// ck_rotate to both. Scores, and so everything that is summed over them, do not depend on it.
#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include "ck_cache.h"
#include "ck_isa.h"

// The precision of queries and probabilities in tile registers, in which CK_AMX multiplies 12 and
// more queries. Keys and values have 16 bits of significand there. Elsewhere all arithmetic is in
// f32.
typedef enum {
    CK_ARITHMETIC_F32,         // no tile registers
    CK_ARITHMETIC_BF16,        // 8 bits of significand: bf16
    CK_ARITHMETIC_SPLIT_BF16,  // 16 bits: the sum of two bf16
} ck_arithmetic;

typedef struct {
    const float *q;  // [n, heads, head_dim]
    float *out;      // [n, heads, head_dim]
    long n, heads, kv_heads, head_dim;
    const void *keys, *values;
    long length;  // entries
    long head_stride, entry_stride;
    ck_type precision;  // one of CK_CACHE_TYPES; with blocks: head_dim is a multiple of 32
    // 1: query i sees the first length - n + i + 1 entries. 0: every query sees all.
    int causal;
    // [n], ascending, or NULL: the first entry that each query sees, at most its last.
    const long *first_visible;
    ck_arithmetic arithmetic;
} ck_attention;

// Rows (query, head) of one block.
enum { CK_ATTENTION_ROWS = 32 };

// Blocks of one key/value head, which has n * (heads / kv_heads) rows.
long ck_attention_blocks(const ck_attention *a);

// Number of blocks whose sums are added up together: a unit. This and the shapes of a problem fix
// the order of every sum, so results do not depend on how blocks are divided among threads.
enum { CK_ATTENTION_UNIT = 8 };

// Computes `out` for the blocks [first, last) of one key/value head; `first` begins a unit. Returns
// 0, or -1 when memory runs out.
//   sums         [units][length] or NULL. Each entry's softmax, summed over the rows of a unit's
//                blocks, is added to it.
//   window_sums  [units][length] or NULL. The same for rows of the last `window` queries only.
int ck_attention_rows(ck_isa isa, const ck_attention *a, long kv_head, long first, long last,
                      float *sums, float *window_sums, long window);

// Entries of a chunk. Decoding (n = 1) computes chunks separately and combines them afterwards.
enum { CK_DECODE_CHUNK = 256 };

// Floats of the partial results of all chunks. For each chunk and head they are the maximum of the
// scores, the sum of their exponentials and the output [head_dim].
long ck_decode_partials(const ck_attention *a);

// Computes one chunk of one key/value head. On x86-64, queries over keys in q4_0 are rounded to bytes
// with one scale for 32. scores [heads, length] receives the exponentials of the
// chunk's entries, relative to its maximum. Returns 0, or -1 when memory runs out.
int ck_decode_chunk(ck_isa isa, const ck_attention *a, long kv_head, long chunk, float *scores,
                    float *partials);

// Combines the chunks of one query head into `out`. Afterwards `partials` holds, in place of each
// chunk's maximum, the factor that turns the chunk's exponentials into probabilities.
void ck_decode_combine(const ck_attention *a, long head, float *partials);

// attention[j] = mean over heads of the probability of entry j, for j in [first, last).
void ck_decode_mean(ck_isa isa, const ck_attention *a, const float *scores, const float *partials,
                    long first, long last, float *attention);

#endif
