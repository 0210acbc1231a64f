// The instruction sets that the kernels are built for. One source is compiled for each of them;
// packed data has the same layout under all.
#ifndef CK_ISA_H
#define CK_ISA_H

typedef int ck_isa;
enum {
    CK_PORTABLE = 0,  // plain C: SSE2 on x86-64, NEON on arm64
    CK_AVX2 = 1,      // AVX2, FMA, F16C
    CK_AVX512 = 2,    // AVX-512 F, BW, DQ, VL and VNNI
    CK_AMX = 3,       // the same with bf16 and FP16, and AMX's tile registers where they pay
};

// The best instruction set of this processor, or the one that the environment variable CK_ISA
// names ("portable", "avx2", "avx512", "amx") when the processor has it.
ck_isa ck_isa_best(void);

// 1 when this processor (and this build) can run `isa`, else 0. For AMX this is also where the
// system is asked for permission to use it.
int ck_isa_available(ck_isa isa);

const char *ck_isa_name(ck_isa isa);

#endif
