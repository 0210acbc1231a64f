#if defined(__aarch64__)
#define LANES 4
#define INPUT_ROWS 4
#define STRIP 2
#define SIGNED_BYTES 1
#define TABLE ck_int_neon
#include "int_kernels.h"
#endif
