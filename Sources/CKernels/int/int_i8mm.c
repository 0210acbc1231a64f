#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)
#define LANES 4
#define INPUT_ROWS 8
#define STRIP 1
#define SIGNED_BYTES 1
#define HARDWARE_DOT 1
#define HARDWARE_MATRIX 1
#define TABLE ck_int_i8mm
#include "int_kernels.h"
#pragma clang attribute pop
#endif
