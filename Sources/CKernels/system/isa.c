#define _GNU_SOURCE
#include "ck_isa.h"

#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ck_openblas.h"
#include "int_table.h"

static const char *const names[] = {"portable", "openblas", "avx2",    "avxvnni", "avx512",
                                    "amx",      "neon",     "dotprod", "i8mm"};

const char *ck_isa_name(ck_isa isa) { return names[isa]; }

#if defined(__x86_64__)
// Asks Linux for the tile registers, which every process must do once: arch_prctl with
// ARCH_REQ_XCOMP_PERM for XFEATURE_XTILEDATA. Linux refuses before version 5.16, or where a
// thread's signal stack is too small for the registers. Asking again changes nothing.
static int has_tile_permission(void) { return syscall(SYS_arch_prctl, 0x1023, 18) == 0; }

int ck_has_avx_vnni(void) { return __builtin_cpu_supports("avxvnni") != 0; }
#endif

int ck_isa_available(ck_isa isa) {
    if (isa == CK_PORTABLE) return 1;
    if (isa == CK_OPENBLAS) return ck_openblas_is_faster();
#if defined(__x86_64__)
    if (isa == CK_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("f16c");
    if (isa == CK_AVXVNNI)
        return ck_isa_available(CK_AVX2) &&
               (ck_has_avx_vnni() ||
                (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                 __builtin_cpu_supports("avx512vnni")));
    if (isa == CK_AVX512)
        return ck_isa_available(CK_AVX2) && __builtin_cpu_supports("avx512f") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    if (isa == CK_AMX)
        return ck_isa_available(CK_AVX512) && __builtin_cpu_supports("avx512bf16") &&
               __builtin_cpu_supports("avx512fp16") && __builtin_cpu_supports("amx-tile") &&
               __builtin_cpu_supports("amx-bf16") && has_tile_permission();
#elif defined(__aarch64__)
    if (isa == CK_NEON) return 1;
    if (isa == CK_DOTPROD) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
    if (isa == CK_I8MM)
        return ck_isa_available(CK_DOTPROD) && (getauxval(AT_HWCAP2) & HWCAP2_I8MM) != 0;
#endif
    return 0;
}
