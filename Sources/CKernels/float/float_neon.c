#if defined(__aarch64__)
#define LANES 4
#define INPUT_ROWS 8
#define TABLE ck_float_neon
#include "float_kernels.h"
#endif
