#define LANES 4
#define INPUT_ROWS 4
#define TABLE ck_float_portable
#include "float_kernels.h"
