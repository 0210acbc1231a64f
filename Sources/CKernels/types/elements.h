// Single numbers to floats and back, for CK_ELEMENT_TYPES.
#ifndef ELEMENTS_H
#define ELEMENTS_H

#include <string.h>

#include "half.h"

// MARK: halves

// Without the F16C instructions every conversion on x86-64 is a call of a library function.
#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_F16C __attribute__((target("avx,f16c")))

WITH_F16C static void read_f16_with_f16c(const uint8_t *source, long count, float *floats) {
    long i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(floats + i,
                         _mm256_cvtph_ps(_mm_loadu_si128((const void *)(source + 2 * i))));
    for (; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, source + 2 * i, sizeof bits);
        floats[i] = _cvtsh_ss(bits);
    }
}

WITH_F16C static void write_f16_with_f16c(const float *floats, long count, uint8_t *target) {
    long i = 0;
    for (; i + 8 <= count; i += 8)
        _mm_storeu_si128((void *)(target + 2 * i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(floats + i), _MM_FROUND_TO_NEAREST_INT));
    for (; i < count; i++) {
        uint16_t bits = (uint16_t)_cvtss_sh(floats[i], _MM_FROUND_TO_NEAREST_INT);
        memcpy(target + 2 * i, &bits, sizeof bits);
    }
}

static int has_f16c(void) {
    return __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c");
}
#endif

static void read_f16(const uint8_t *source, long count, float *floats) {
#if defined(__x86_64__)
    if (has_f16c()) {
        read_f16_with_f16c(source, count, floats);
        return;
    }
#endif
    for (long i = 0; i < count; i++) floats[i] = half_value(source + 2 * i);
}

static void write_f16(const float *floats, long count, uint8_t *target) {
#if defined(__x86_64__)
    if (has_f16c()) {
        write_f16_with_f16c(floats, count, target);
        return;
    }
#endif
    for (long i = 0; i < count; i++) {
        uint16_t bits = half_bits(floats[i]);
        memcpy(target + 2 * i, &bits, sizeof bits);
    }
}

// MARK: other floats

static void read_f32(const uint8_t *source, long count, float *floats) {
    memcpy(floats, source, sizeof(float) * (size_t)count);
}

static void write_f32(const float *floats, long count, uint8_t *target) {
    memcpy(target, floats, sizeof(float) * (size_t)count);
}

// bf16 is the upper half of a float's bits.
static void read_bf16(const uint8_t *source, long count, float *floats) {
    for (long i = 0; i < count; i++) {
        uint16_t upper;
        memcpy(&upper, source + 2 * i, sizeof upper);
        uint32_t bits = (uint32_t)upper << 16;
        memcpy(floats + i, &bits, sizeof bits);
    }
}

// Rounds to nearest even; a NaN stays one, even if all bits that make it one are in its lower half.
static void write_bf16(const float *floats, long count, uint8_t *target) {
    for (long i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, floats + i, sizeof bits);
        uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
        uint16_t upper = (uint16_t)(floats[i] != floats[i] ? bits >> 16 | 0x40 : rounded);
        memcpy(target + 2 * i, &upper, sizeof upper);
    }
}

// MARK: numbers that are converted as they are

#define READ(name, number)                                                                         \
    static void read_##name(const uint8_t *source, long count, float *floats) {                    \
        for (long i = 0; i < count; i++) {                                                         \
            number value;                                                                          \
            memcpy(&value, source + i * (long)sizeof value, sizeof value);                         \
            floats[i] = (float)value;                                                              \
        }                                                                                          \
    }
READ(f64, double)
READ(u8, uint8_t)
READ(i8, int8_t)
READ(i16, int16_t)
READ(i32, int32_t)
READ(i64, int64_t)
#undef READ

#endif
