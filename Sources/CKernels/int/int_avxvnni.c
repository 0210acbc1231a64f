#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define INPUT_ROWS 6
#define STRIP 2
#define HARDWARE_HALF 1
#define HARDWARE_DOT 1
#define TABLE ck_int_avxvnni
#include "int_kernels.h"
#pragma clang attribute pop
#endif
