#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))),        \
    apply_to = function)
#define LANES 16
#define INPUT_ROWS 8
#define HARDWARE_HALF 1
#define TABLE ck_float_avx512
#include "float_kernels.h"
#pragma clang attribute pop
#endif
