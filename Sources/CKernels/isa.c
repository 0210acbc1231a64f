#include "ck_isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"portable", "avx2", "avx512"};

const char *ck_isa_name(ck_isa isa) { return isa >= 0 && isa <= CK_AVX512 ? names[isa] : "unknown"; }

int ck_isa_available(ck_isa isa) {
    if (isa == CK_PORTABLE) return 1;
#if defined(__x86_64__)
    if (isa == CK_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("f16c");
    if (isa == CK_AVX512)
        return ck_isa_available(CK_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#endif
    return 0;
}

ck_isa ck_isa_best(void) {
    const char *wanted = getenv("CK_ISA");
    for (ck_isa isa = CK_AVX512; isa > CK_PORTABLE; isa--) {
        if (!ck_isa_available(isa)) continue;
        if (!wanted || !*wanted || strcmp(wanted, names[isa]) == 0) return isa;
    }
    return CK_PORTABLE;
}
