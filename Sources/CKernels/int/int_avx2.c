#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define INPUT_ROWS 6
#define STRIP 1
#define HARDWARE_HALF 1
#define SIGNED_BYTES 1
#define WORD_PANELS 1
#define TABLE ck_int_avx2
#include "int_kernels.h"
#pragma clang attribute pop
#endif
