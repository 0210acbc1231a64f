// Products without tile registers. The order of the loops is, from the outside to the inside (docs/kernels.md):
//
//   blocks of inputs  whose panel and sums of all bands fit the second-level cache together
//   panels            of the columns
//   bands             of the call: a kernel multiplies a block's panel by a band's panel
//
// Whatever the order, a row's sums begin with the bias or with what y holds, and panels are added to
// them in the order of their columns.
#include "vector_product.h"

#include <string.h>

#include "ck_memory.h"
#include "ck_vector.h"
#include "float_table.h"
#include "int_table.h"
#include "openblas.h"

// The most rows of a block. A panel of its inputs and the sums of four bands take 0.3 MB, little enough
// for every processor's second-level cache but the smallest ones of 256 KiB.
enum { BLOCK_ROWS = 256 };

size_t ck_row_bytes(ck_layout layout, long columns) {
    if (ck_is_float(layout)) return (size_t)columns * sizeof(float);
    return (size_t)(columns / 32) * INPUT_WORDS * sizeof(int32_t);
}

// Rows of a block, all of about the same size, for m rows that are prepared `unit` at a time.
static long block_rows(long m, long unit) {
    const long blocks = (m + BLOCK_ROWS - 1) / BLOCK_ROWS, rows = (m + blocks - 1) / blocks;
    return (rows + unit - 1) / unit * unit;
}

typedef struct {
    const ck_product *of;
    ck_isa isa;
    int is_float;
    long band_bytes, band_count;  // with `up`, a band of W is followed by the same one of U
    float *sums;                  // [bands][rows][CK_BAND]
    long row, rows;               // the block: its first row, and how many
} job;

static const char *band_at(const job *j, long band) {
    const void *up = j->of->up;
    if (!up) return (const char *)j->of->bands + band * j->band_bytes;
    return (const char *)(band % 2 ? up : j->of->bands) + band / 2 * j->band_bytes;
}

static float *sums_at(const job *j, long band) { return j->sums + band * j->rows * CK_BAND; }

static long least(long a, long b) { return a < b ? a : b; }

// Sets a block's sums to what products are added to.
static void start(const job *j) {
    const ck_product *p = j->of;
    for (long band = 0; band < j->band_count; band++) {
        float *sums = sums_at(j, band);
        const long first = band * CK_BAND, count = least(p->count - first, CK_BAND);
        for (long i = 0; i < j->rows; i++, sums += CK_BAND) {
            for (long r = 0; r < CK_BAND; r++) sums[r] = 0;
            if (p->up) continue;
            if (p->add)
                memcpy(sums, p->y + (j->row + i) * p->stride + first,
                       (size_t)count * sizeof(float));
            for (long r = 0; r < count && p->bias; r++) sums[r] += p->bias[first + r];
        }
    }
}

// Writes a block's sums to y.
static void finish(const job *j) {
    const ck_product *p = j->of;
    const long each = p->up ? 2 : 1;
    for (long i = 0; i < j->rows; i++)
        for (long first = 0; first < p->count; first += CK_BAND) {
            const float *sums = sums_at(j, first / CK_BAND * each) + i * CK_BAND;
            const long count = least(p->count - first, CK_BAND);
            float *y = p->y + (j->row + i) * p->stride + first;
            if (p->up) ck_silu_multiply(j->isa, sums, sums + j->rows * CK_BAND, count, y);
            else memcpy(y, sums, (size_t)count * sizeof(float));
        }
}

static void add_one(const job *j) {
    const ck_product *p = j->of;
    for (long band = 0; band < j->band_count; band++)
        (j->is_float ? ck_floats(j->isa)->add_one : ck_ints(j->isa)->add_one)(
            p->layout, band_at(j, band), p->columns, p->inputs, sums_at(j, band));
}

// The rows of a block, as they were prepared.
static const void *inputs_of(const job *j) {
    const ck_product *p = j->of;
    return (const char *)p->inputs + (size_t)j->row * ck_row_bytes(p->layout, p->columns);
}

// The next two add the products of a block of several inputs.
static int add_with_openblas(const job *j) {
    const ck_product *p = j->of;
    for (long band = 0; band < j->band_count; band++)
        if (openblas_add_band(p->layout, band_at(j, band), p->columns, inputs_of(j), j->rows,
                              sums_at(j, band)))
            return -1;
    return 0;
}

static void add_panels(const job *j) {
    const ck_product *p = j->of;
    const long most =
        j->is_float ? ck_floats(j->isa)->panel_columns : ck_ints(j->isa)->panel_columns;
    for (long first = 0; first < p->columns; first += most)
        for (long band = 0; band < j->band_count; band++) {
            const int is_last = band == j->band_count - 1;
            const long next = is_last ? first + most : first;
            const long left = least(p->columns - next, most);
            const ck_panel panel = {
                .band = band_at(j, band),
                .columns = p->columns,
                .first = first,
                .count = least(p->columns - first, most),
                .inputs = inputs_of(j),
                .m = j->rows,
                .sums = sums_at(j, band),
                // A panel's share of a band's bytes is its share of the columns.
                .next = left > 0
                            ? band_at(j, is_last ? 0 : band + 1) + j->band_bytes * next / p->columns
                            : NULL,
                .next_bytes = left > 0 ? j->band_bytes * left / p->columns : 0};
            if (j->is_float) ck_floats(j->isa)->add_panel(p->layout, &panel);
            else ck_ints(j->isa)->add_panel(p->layout, &panel);
        }
}

int ck_multiply_in_vectors(ck_isa isa, const ck_product *p) {
    const long rows = block_rows(p->last - p->first, ck_input_rows(isa, p->layout, p->m));
    job j = {.of = p,
             .isa = isa,
             .is_float = ck_is_float(p->layout),
             .band_bytes = (long)ck_band_bytes(p->layout, p->columns),
             .band_count = (p->count + CK_BAND - 1) / CK_BAND * (p->up ? 2 : 1)};
    j.sums = ck_scratch(CK_SCRATCH_KERNEL, (size_t)(j.band_count * rows * CK_BAND) * sizeof(float));
    if (!j.sums) return -1;
    for (j.row = p->first; j.row < p->last; j.row += rows) {
        j.rows = least(p->last - j.row, rows);
        start(&j);
        if (p->m == 1) add_one(&j);
        else if (!uses_openblas(isa, p->layout, p->m)) add_panels(&j);
        else if (add_with_openblas(&j)) return -1;
        finish(&j);
    }
    return 0;
}
