#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define INPUT_ROWS 6
#define HARDWARE_HALF 1
#define TABLE ck_float_avx2
#include "float_kernels.h"
#pragma clang attribute pop
#endif
