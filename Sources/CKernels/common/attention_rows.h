// The rows that a block of ck_attention.h covers.
#ifndef ATTENTION_ROWS_H
#define ATTENTION_ROWS_H

#include "ck_attention.h"

enum { ROWS = CK_ATTENTION_ROWS };

static inline long minimum(long a, long b) { return a < b ? a : b; }

typedef struct {
    long group;    // query heads that share the key/value head
    long first;    // first row of the block; row r is query r / group, head r % group of the group
    int rows;      // at most ROWS
    long begin;    // first entry that the block's first row sees
    long visible;  // one past the last entry that the block's last row sees
    long firsts[ROWS];  // first entry that each row sees, ascending
    long limits[ROWS];  // one past the last entry that each row sees, ascending
} block_shape;

static inline block_shape shape_of(const ck_attention *a, long block) {
    block_shape s = {.group = a->heads / a->kv_heads, .first = block * ROWS};
    s.rows = (int)minimum(a->n * s.group - s.first, ROWS);
    for (int r = 0; r < ROWS; r++) {
        long query = (s.first + (r < s.rows ? r : s.rows - 1)) / s.group;
        s.firsts[r] = a->first_visible ? a->first_visible[query] : 0;
        s.limits[r] = a->causal ? a->length - a->n + query + 1 : a->length;
    }
    s.begin = s.firsts[0];
    s.visible = s.limits[ROWS - 1];
    return s;
}

// Where the sums of a block are added, in a call that begins with block `first`.
static inline float *sums_of(const ck_attention *a, float *sums, long block, long first) {
    return sums ? sums + (block - first) / CK_ATTENTION_UNIT * a->length : sums;
}

static inline long offset_of(const ck_attention *a, const block_shape *s, long kv_head, int r) {
    long query = (s->first + r) / s->group, head = kv_head * s->group + (s->first + r) % s->group;
    return (query * a->heads + head) * a->head_dim;
}

// A row's query and its place in the result: [head_dim].
static inline const float *query_of(const ck_attention *a, const block_shape *s, long kv_head,
                                    int r) {
    return a->q + offset_of(a, s, kv_head, r);
}

static inline float *output_of(const ck_attention *a, const block_shape *s, long kv_head, int r) {
    return a->out + offset_of(a, s, kv_head, r);
}

#endif
