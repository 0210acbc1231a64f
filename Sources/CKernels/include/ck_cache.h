// Conversions between f32 and what the key/value cache stores.
//
// q8_0 is stored as blocks of 32 values: one IEEE half, the scale, then 32 signed bytes; 34 bytes
// in all, unaligned (the layout of GGUF's Q8_0). `count` is a multiple of 32 there.
// Source and destination must not overlap. Nothing is allocated.
#ifndef CK_CACHE_H
#define CK_CACHE_H

#include <stddef.h>
#include <stdint.h>

// Round to nearest even.
void ck_f32_to_f16(const float *source, uint16_t *destination, size_t count);
void ck_f16_to_f32(const uint16_t *source, float *destination, size_t count);
// scale = largest magnitude / 127; a block of zeros has scale 0.
void ck_f32_to_q8_0(const float *source, uint8_t *destination, size_t count);
void ck_q8_0_to_f32(const uint8_t *source, float *destination, size_t count);

#endif
