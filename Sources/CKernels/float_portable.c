#define LANES 4
#define TILE_ROWS 4
#define TABLE ck_float_portable
#include "float_attention.h"
