#define LANES 4
#define INPUT_ROWS 4
#define STRIP 1
#define TABLE ck_int_portable
#include "int_kernels.h"
