#include "ck_limits.h"

#include <limits.h>

#include "float_table.h"
#include "int_table.h"
#include "tile_table.h"

uint64_t ck_read_memory(ck_isa isa, const void *start, size_t bytes) {
    return ck_floats(isa)->read_memory(start, bytes);
}

double ck_byte_operations(ck_isa isa, long rounds) { return ck_ints(isa)->operations(rounds); }

double ck_float_operations(ck_isa isa, long rounds) { return ck_floats(isa)->operations(rounds); }

double ck_tile_operations(ck_isa isa, long rounds) {
    const ck_tile_table *tiles = ck_tiles(isa, CK_LAYOUT_BF16, LONG_MAX);
    return tiles ? tiles->operations(rounds) : 0;
}
