// The instruction sets that the kernels are built for. One source is compiled for each of them;
// packed data has the same layout under all.
#ifndef CK_ISA_H
#define CK_ISA_H

typedef int ck_isa;
enum {
    CK_PORTABLE = 0,  // plain C: SSE2 on x86-64, NEON on arm64
    CK_OPENBLAS = 1,  // the same, with OpenBLAS for float layouts (ck_openblas.h)
    CK_AVX2 = 2,      // AVX2, FMA, F16C
    CK_AVXVNNI = 3,   // the same with vpdpbusd of 256 bits: of AVX-VNNI or else of AVX-512 VNNI
    CK_AVX512 = 4,    // AVX-512 F, BW, DQ, VL and VNNI
    CK_AMX = 5,   // the same with bf16, FP16 and AMX, whose tile registers are used where they pay
    CK_NEON = 6,  // arm64: NEON, which every one has
    CK_DOTPROD = 7,  // the same with sdot
    CK_I8MM = 8,     // the same with smmla
};

// 1 when this processor (and this build) can run `isa`, else 0. For AMX, this also asks the system
// for permission to use it; for OpenBLAS, it loads the library.
int ck_isa_available(ck_isa isa);

// "portable", "openblas", "avx2", "avxvnni", "avx512", "amx", "neon", "dotprod" or "i8mm".
const char *ck_isa_name(ck_isa isa);

#endif
