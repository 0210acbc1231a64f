#define _GNU_SOURCE
#include "openblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ck_memory.h"
#include "ck_openblas.h"

// MARK: the library

typedef void (*sgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                      const float *a, int a_row, const float *b, int b_row, float beta, float *c,
                      int c_row);
// CBLAS's numbers.
enum { ROW_MAJOR = 101, AS_STORED = 111 };

static sgemm multiply_blocks;
static const char *core;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
    // Its constructor reads these. Each of our threads calls it for blocks of its own, so it needs none.
    if (ck_isa_available(CK_AVX512)) setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
    else if (ck_isa_available(CK_AVX2)) setenv("OPENBLAS_CORETYPE", "Haswell", 0);
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    char *(*core_name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
    multiply_blocks = (sgemm)dlsym(library, "cblas_sgemm");
    if (core_name && multiply_blocks) core = core_name();
}

const char *ck_openblas_core(void) {
    pthread_once(&once, load);
    return core;
}

int ck_openblas_is_faster(void) {
    if (!ck_openblas_core()) return 0;
#if defined(__x86_64__)
    // Those with vectors of 256 bits. With 128 bits (Prescott to Nehalem) they reach 0.7 to 0.8 of
    // the portable kernels' speed (docs/measurements.md).
    static const char *const wide[] = {"Sandybridge", "Bulldozer",     "Piledriver", "Steamroller",
                                       "Excavator",   "Haswell",       "Zen",        "SkylakeX",
                                       "Cooperlake",  "Sapphirerapids"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (!strcasecmp(core, wide[i])) return 1;
    return 0;
#else
    return 1;
#endif
}

// MARK: products

// With fewer inputs the portable kernels are faster than a call for OPENBLAS_ROWS.
enum { LEAST_ROWS = 16 };

int uses_openblas(ck_isa isa, ck_layout layout, long m) {
    return isa == CK_OPENBLAS && m >= LEAST_ROWS && ck_is_float(layout) && ck_openblas_core();
}

void openblas_prepare(const float *x, long m, long columns, long first, long last, float *inputs) {
    memcpy(inputs + first * columns, x, sizeof(float) * (size_t)((last - first) * columns));
    const long missing = (OPENBLAS_ROWS - m % OPENBLAS_ROWS) % OPENBLAS_ROWS;
    if (last == m) memset(inputs + m * columns, 0, sizeof(float) * (size_t)(missing * columns));
}

int openblas_add_band(ck_layout layout, const void *band, long columns, const float *inputs, long m,
                      float *sums) {
    const float *weights = band;
    if (layout != CK_LAYOUT_F32) {
        float *copy = ck_scratch(CK_SCRATCH_BAND, (size_t)(columns * CK_BAND) * sizeof(float));
        if (!copy) return -1;
        ck_decode(layout == CK_LAYOUT_F16 ? CK_TYPE_F16 : CK_TYPE_BF16, band, columns * CK_BAND,
                  copy);
        weights = copy;
    }
    // Every call has the same shape, because OpenBLAS chooses its kernels by shape: so a row of the
    // sums depends only on its row of x.
    _Alignas(64) float some[OPENBLAS_ROWS * CK_BAND];
    for (long row = 0; row < m; row += OPENBLAS_ROWS) {
        const long rows = m - row < OPENBLAS_ROWS ? m - row : OPENBLAS_ROWS;
        const size_t bytes = sizeof(float) * (size_t)(rows * CK_BAND);
        memset(some, 0, sizeof some);
        memcpy(some, sums + row * CK_BAND, bytes);
        multiply_blocks(ROW_MAJOR, AS_STORED, AS_STORED, OPENBLAS_ROWS, CK_BAND, (int)columns, 1,
                        inputs + row * columns, (int)columns, weights, CK_BAND, 1, some, CK_BAND);
        memcpy(sums + row * CK_BAND, some, bytes);
    }
    return 0;
}
