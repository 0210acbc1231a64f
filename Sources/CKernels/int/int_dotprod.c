#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define LANES 4
#define INPUT_ROWS 8
#define STRIP 1
#define SIGNED_BYTES 1
#define HARDWARE_DOT 1
#define TABLE ck_int_dotprod
#include "int_kernels.h"
#pragma clang attribute pop
#endif
