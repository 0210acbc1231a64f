// The same for processors whose only such instruction is AVX-512's: its form for 256 bits.
#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512vnni,avx2,fma,f16c"))), \
                             apply_to = function)
#define LANES 8
#define INPUT_ROWS 6
#define STRIP 2
#define HARDWARE_HALF 1
#define HARDWARE_DOT 1
#define TABLE ck_int_evexvnni
#include "int_kernels.h"
#pragma clang attribute pop
#endif
