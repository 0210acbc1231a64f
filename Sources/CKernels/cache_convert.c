#include "ck_cache.h"

#include <math.h>
#include <string.h>

enum { block = 32, block_bytes = 34 };

static inline uint16_t half_bits(float x) {
  _Float16 h = (_Float16)x;
  uint16_t bits;
  memcpy(&bits, &h, sizeof bits);
  return bits;
}

static inline float half_value(uint16_t bits) {
  _Float16 h;
  memcpy(&h, &bits, sizeof h);
  return (float)h;
}

// Without F16C every conversion on x86 is a library call.
#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx,f16c"))) static void f32_to_f16_f16c(
    const float *source, uint16_t *destination, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m128i h = _mm256_cvtps_ph(_mm256_loadu_ps(source + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128((__m128i *)(destination + i), h);
  }
  for (; i < count; i++) {
    destination[i] = (uint16_t)_cvtss_sh(source[i], _MM_FROUND_TO_NEAREST_INT);
  }
}

__attribute__((target("avx,f16c"))) static void f16_to_f32_f16c(
    const uint16_t *source, float *destination, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(destination + i, _mm256_cvtph_ps(_mm_loadu_si128((const void *)(source + i))));
  }
  for (; i < count; i++) destination[i] = _cvtsh_ss(source[i]);
}

static int has_f16c(void) { return __builtin_cpu_supports("avx") && __builtin_cpu_supports("f16c"); }
#endif

void ck_f32_to_f16(const float *source, uint16_t *destination, size_t count) {
#if defined(__x86_64__)
  if (has_f16c()) {
    f32_to_f16_f16c(source, destination, count);
    return;
  }
#endif
  for (size_t i = 0; i < count; i++) destination[i] = half_bits(source[i]);
}

void ck_f16_to_f32(const uint16_t *source, float *destination, size_t count) {
#if defined(__x86_64__)
  if (has_f16c()) {
    f16_to_f32_f16c(source, destination, count);
    return;
  }
#endif
  for (size_t i = 0; i < count; i++) destination[i] = half_value(source[i]);
}

void ck_f32_to_q8_0(const float *source, uint8_t *destination, size_t count) {
  for (size_t b = 0; b < count / block; b++, source += block, destination += block_bytes) {
    float largest = 0;
    for (int i = 0; i < block; i++) largest = fmaxf(largest, fabsf(source[i]));
    float scale = largest / 127, inverse = scale > 0 ? 1 / scale : 0;
    uint16_t bits = half_bits(scale);
    memcpy(destination, &bits, sizeof bits);
    for (int i = 0; i < block; i++) {
      destination[2 + i] = (uint8_t)(int8_t)lrintf(source[i] * inverse);
    }
  }
}

void ck_q8_0_to_f32(const uint8_t *source, float *destination, size_t count) {
  for (size_t b = 0; b < count / block; b++, source += block_bytes, destination += block) {
    uint16_t bits;
    memcpy(&bits, source, sizeof bits);
    float scale = half_value(bits);
    for (int i = 0; i < block; i++) destination[i] = scale * (int8_t)source[2 + i];
  }
}
