// Loops that do nothing but reach a limit of the machine: the yardsticks of the kernels.
#ifndef CK_LIMITS_H
#define CK_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "ck_isa.h"

// Reads `bytes` (a multiple of 256) once and returns a value that depends on all of them.
uint64_t ck_read_memory(ck_isa isa, const void *start, size_t bytes);

// Runs `rounds` rounds of independent multiply-adds in registers; returns the operations done
// (a multiplication and an addition count as two). Bytes: products of four bytes summed to 32 bits.
double ck_byte_operations(ck_isa isa, long rounds);
double ck_float_operations(ck_isa isa, long rounds);

// The same for bf16 products in tile registers, loads included; 0 where `isa` has none.
double ck_tile_operations(ck_isa isa, long rounds);

#endif
