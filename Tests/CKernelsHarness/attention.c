// ck_attention.h against attention in double precision.
#include "ck_attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ck_types.h"
#include "harness.h"

// A problem with the memory it points to, and what is expected of it.
typedef struct {
    ck_attention a;
    float *q, *out, *keys, *values;  // as floats: [kv_heads][length + 3][head_dim]
    char *stored_keys, *stored_values;
    float *output, *sums, *window_sums;
} problem;

typedef struct {
    long heads, kv_heads, head_dim;
} shape;

enum { WINDOW = 3 };

// Small numbers that a precision holds.
static float *numbers(ck_type precision, long count) {
    // The largest magnitude, the step, and the number that settles a block's scale of 1 / step: the
    // largest of a block of q8_0 is 127 steps, that of q4_0 is -8.
    float most = 1000, step = 512, first = 0;
    if (precision == CK_TYPE_Q8_0) most = 126, step = 64, first = 127;
    if (precision == CK_TYPE_Q4_0) most = 7, step = 4, first = -8;
    float *x = random_floats(count, most);
    for (long i = 0; i < count; i++)
        x[i] = (first != 0 && i % 32 == 0 ? first : roundf(x[i])) / step;
    return x;
}

// Queries whose blocks of 32 are whole numbers of steps from -127 to 127, which decoding over q4_0
// rounds them to.
static float *queries(ck_type precision, long count) {
    float *q = random_floats(count, 1);
    for (long i = 0; i < count && precision == CK_TYPE_Q4_0; i++)
        q[i] = i % 32 ? roundf(q[i] * 127) / 127 : 1;
    return q;
}

static problem make_problem(shape s, ck_type precision, long n, long length, int causal) {
    const long capacity = length + 3, count = s.kv_heads * capacity * s.head_dim;
    const ck_type_row *row = ck_type_at(precision);
    problem p = {.q = queries(precision, n * s.heads * s.head_dim),
                 .out = memory(4 * n * s.heads * s.head_dim),
                 .keys = numbers(precision, count),
                 .values = numbers(precision, count),
                 .stored_keys = memory(4 * count),
                 .stored_values = memory(4 * count),
                 .output = memory(4 * n * s.heads * s.head_dim),
                 .sums = memory(4 * length),
                 .window_sums = memory(4 * length)};
    ck_encode(precision, p.keys, count, p.stored_keys);
    ck_encode(precision, p.values, count, p.stored_values);
    const long entry = s.head_dim / row->block * row->bytes;
    p.a = (ck_attention){.q = p.q,
                         .out = p.out,
                         .n = n,
                         .heads = s.heads,
                         .kv_heads = s.kv_heads,
                         .head_dim = s.head_dim,
                         .keys = p.stored_keys,
                         .values = p.stored_values,
                         .length = length,
                         .head_stride = entry * capacity,
                         .entry_stride = entry,
                         .precision = precision,
                         .causal = causal,
                         .arithmetic = CK_ARITHMETIC_F32};
    return p;
}

static void release(problem *p) {
    free(p->q), free(p->out), free(p->keys), free(p->values), free(p->stored_keys);
    free(p->stored_values), free(p->output), free(p->sums), free(p->window_sums);
}

// The definition: outputs, and each entry's probability summed over heads and queries.
static void solve(problem *p) {
    const ck_attention *a = &p->a;
    double *shares = memory(8 * a->length);
    for (long i = 0; i < a->n; i++)
        for (long h = 0; h < a->heads; h++) {
            const long begin = a->first_visible ? a->first_visible[i] : 0;
            const long end = a->causal ? a->length - a->n + i + 1 : a->length, dim = a->head_dim;
            const long base = h / (a->heads / a->kv_heads) * (a->length + 3) * dim;
            const float *q = p->q + (i * a->heads + h) * dim;
            double most = -INFINITY, total = 0;
            for (long j = begin; j < end; j++) {
                shares[j] = 0;
                for (long d = 0; d < dim; d++)
                    shares[j] += (double)q[d] * p->keys[base + j * dim + d];
                shares[j] /= sqrt((double)dim);
                most = fmax(most, shares[j]);
            }
            for (long j = begin; j < end; j++) total += shares[j] = exp(shares[j] - most);
            for (long j = begin; j < end; j++) {
                shares[j] /= total;
                p->sums[j] += (float)shares[j];
                if (i >= a->n - WINDOW) p->window_sums[j] += (float)shares[j];
            }
            for (long d = 0; d < dim; d++) {
                double sum = 0;
                for (long j = begin; j < end; j++) sum += shares[j] * p->values[base + j * dim + d];
                p->output[(i * a->heads + h) * dim + d] = (float)sum;
            }
        }
    free(shares);
}

// Sums of all units, added up in their order; `step` units for each call.
static void attend(const ck_attention *a, long step, float *sums, float *window_sums) {
    const long blocks = ck_attention_blocks(a), unit = CK_ATTENTION_UNIT;
    for (long head = 0; head < a->kv_heads; head++)
        for (long first = 0; first < blocks; first += step * unit) {
            const long last = first + step * unit < blocks ? first + step * unit : blocks;
            const long units = (last - first + unit - 1) / unit;
            float *part = memory(4 * units * a->length), *recent = memory(4 * units * a->length);
            expect(ck_attention_rows(isa, a, head, first, last, part, recent,
                                     a->n < WINDOW ? a->n : WINDOW),
                   0, "memory of attention");
            for (long i = 0; i < units * a->length; i++) {
                sums[i % a->length] += part[i];
                window_sums[i % a->length] += recent[i];
            }
            free(part), free(recent);
        }
}

static void check_rows(shape s, ck_type precision, long n, long length, int is_windowed,
                       int causal) {
    problem p = make_problem(s, precision, n, length, causal);
    long *first = memory(8 * n);
    for (long i = 0; i < n; i++) {
        const long wanted = (length - n) / 2 + i + (i > n / 2 ? 9 : 0) - i % 3 - 3;
        const long most = length - n + i, before = i ? first[i - 1] : 0;
        first[i] = wanted > before ? wanted : before;
        if (first[i] > most) first[i] = most;
    }
    if (is_windowed) p.a.first_visible = first;
    solve(&p);
    const long size = n * s.heads * s.head_dim;
    float *sums = memory(4 * length), *window = memory(4 * length), *again = memory(4 * size);
    float *sums_again = memory(4 * length), *window_again = memory(4 * length);
    attend(&p.a, 1000, sums, window);
    memcpy(again, p.out, (size_t)(4 * size));
    attend(&p.a, 1, sums_again, window_again);
    const char *name = ck_type_at(precision)->name;
    // Sums over heads here, means in Swift.
    const double heads = (double)s.heads;
    expect(largest_difference(p.out, p.output, size), 1e-5, "attention of %ld to %ld, %s, %ld/%ld",
           n, length, name, s.heads, s.head_dim);
    expect(largest_difference(sums, p.sums, length), 2e-5 * heads, "sums of %ld to %ld, %s", n,
           length, name);
    expect(largest_difference(window, p.window_sums, length), 1e-5 * heads,
           "window sums of %ld to %ld, %s", n, length, name);
    expect(largest_difference(again, p.out, size) + largest_difference(sums, sums_again, length) +
               largest_difference(window, window_again, length),
           0, "units one by one of %ld to %ld, %s", n, length, name);
    free(first), free(sums), free(window), free(again), free(sums_again), free(window_again);
    release(&p);
}

static void check_decode(shape s, ck_type precision, long length) {
    problem p = make_problem(s, precision, 1, length, 1);
    solve(&p);
    float *scores = memory(4 * s.heads * length), *attention = memory(4 * length);
    float *partials = memory(4 * ck_decode_partials(&p.a));
    const long chunks = (length + CK_DECODE_CHUNK - 1) / CK_DECODE_CHUNK;
    // Any order of the chunks gives the same result; the last comes first here.
    for (long task = s.kv_heads * chunks - 1; task >= 0; task--)
        expect(ck_decode_chunk(isa, &p.a, task / chunks, task % chunks, scores, partials), 0,
               "memory of decoding");
    for (long head = 0; head < s.heads; head++) ck_decode_combine(&p.a, head, partials);
    ck_decode_mean(isa, &p.a, scores, partials, 0, length, attention);
    for (long j = 0; j < length; j++) p.sums[j] /= (float)s.heads;
    const char *name = ck_type_at(precision)->name;
    expect(largest_difference(p.out, p.output, s.heads * s.head_dim), 1e-5, "decoding %ld, %s",
           length, name);
    expect(largest_difference(attention, p.sums, length), 1e-6, "decode's attention of %ld, %s",
           length, name);
    free(scores), free(attention), free(partials);
    release(&p);
}

// Rotation against the matrix's definition: the sign is the parity of the bits that row and column
// have in common.
static void check_rotation(void) {
    float *x = random_floats(64, 3), *y = memory(4 * 64), *expected = memory(4 * 64);
    for (int i = 0; i < 64; i++) {
        double sum = 0;
        for (int j = 0; j < 32; j++)
            sum += (__builtin_parity((unsigned)(i % 32 & j)) ? -1 : 1) * (double)x[i / 32 * 32 + j];
        expected[i] = (float)(sum / sqrt(32));
    }
    memcpy(y, x, 4 * 64);
    ck_rotate(y, 64);
    expect(largest_difference(y, expected, 64), 2e-6, "rotation");
    ck_rotate(y, 64);
    expect(largest_difference(y, x, 64), 2e-6, "rotation and back");
    free(x), free(y), free(expected);
}

void check_attention(void) {
    check_rotation();
    const shape shapes[] = {{2, 2, 16}, {6, 2, 32}, {3, 1, 128}, {9, 1, 48}, {2, 1, 96}};
    // The last is for heads so wide that blocks share no converted entries.
    const long counts[][2] = {{1, 1}, {5, 5}, {7, 40}, {70, 133}, {90, 300}, {33, 1100}};
    const long lengths[] = {1, 31, 256, 700};
    for (int s = 0; s < 5; s++)
        for (int t = 0; t < CK_CACHE_TYPE_COUNT; t++) {
            const ck_type precision = ck_cache_type_at(t).type;
            if (shapes[s].head_dim % ck_type_at(precision)->block) continue;
            for (int i = 0; i < (shapes[s].head_dim < 128 ? 5 : 6); i++)
                for (int is_windowed = 0; is_windowed < 2; is_windowed++)
                    check_rows(shapes[s], precision, counts[i][0], counts[i][1], is_windowed, 1);
            for (int i = 0; i < 4; i++) check_decode(shapes[s], precision, lengths[i]);
        }
    const shape towers[] = {{3, 3, 16}, {3, 3, 64}, {3, 3, 80}};
    for (int s = 0; s < 3; s++) {
        check_rows(towers[s], CK_TYPE_F32, 37, 37, 0, 0);
        check_rows(towers[s], CK_TYPE_F32, 65, 65, 0, 0);
    }
}
