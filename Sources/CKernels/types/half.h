// IEEE half to single precision and back, to the nearest, ties to even.
#ifndef HALF_H
#define HALF_H

#include <stdint.h>
#include <string.h>

static inline uint16_t half_bits(float x) {
    _Float16 half = (_Float16)x;
    uint16_t bits;
    memcpy(&bits, &half, sizeof bits);
    return bits;
}

static inline float half_value(const void *half) {
    _Float16 value;
    memcpy(&value, half, sizeof value);
    return (float)value;
}

#endif
