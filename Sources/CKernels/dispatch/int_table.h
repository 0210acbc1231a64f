// The integer kernels of one instruction set. int_kernels.h defines one such table for each.
#ifndef INT_TABLE_H
#define INT_TABLE_H

#include <stdint.h>

#include "panel.h"

// `prepare` is ck_prepare_inputs for the integer layouts; panel.h says what follows it.
typedef struct {
    int input_rows;
    void (*prepare)(ck_layout layout, const float *x, long m, long columns, long first, long last,
                    int32_t *inputs);
    long panel_columns;
    void (*add_one)(ck_layout layout, const void *band, long columns, const void *inputs,
                    float *sums);
    void (*add_panel)(ck_layout layout, const ck_panel *panel);
    double (*operations)(long rounds);
} ck_int_table;

extern const ck_int_table ck_int_portable;
#if defined(__x86_64__)
extern const ck_int_table ck_int_avx2, ck_int_avxvnni, ck_int_evexvnni, ck_int_avx512;
#elif defined(__aarch64__)
extern const ck_int_table ck_int_neon, ck_int_dotprod, ck_int_i8mm;
#endif

#if defined(__x86_64__)
// 1 where CK_AVXVNNI is AVX-VNNI, 0 where it is AVX-512 VNNI at 256 bits. In system/isa.c.
int ck_has_avx_vnni(void);
#endif

static inline const ck_int_table *ck_ints(ck_isa isa) {
#if defined(__x86_64__)
    if (isa >= CK_AVX512) return &ck_int_avx512;
    if (isa == CK_AVXVNNI) return ck_has_avx_vnni() ? &ck_int_avxvnni : &ck_int_evexvnni;
    if (isa == CK_AVX2) return &ck_int_avx2;
#elif defined(__aarch64__)
    if (isa == CK_I8MM) return &ck_int_i8mm;
    if (isa == CK_DOTPROD) return &ck_int_dotprod;
    if (isa == CK_NEON) return &ck_int_neon;
#endif
    (void)isa;
    return &ck_int_portable;
}

// Words of a prepared block of 32 columns, for each row: bytes [8][4], what sums start from [2],
// scale, scaled sum.
enum { START_WORD = 8, SCALE_WORD = 10, INPUT_WORDS = 12 };

#endif
