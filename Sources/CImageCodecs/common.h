// Shared by the decoders: the one place where a picture's memory is sized and allocated.
#ifndef IC_COMMON_H
#define IC_COMMON_H

#include "CImageCodecs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Writes the text and returns -1. Bytes that are not printable ASCII become '?': a library's
// message can quote the file.
__attribute__((format(printf, 2, 3))) static inline int ic_fail(char *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, IC_ERROR_SIZE, format, arguments);
    va_end(arguments);
    for (char *c = error; *c; c++)
        if (*c < 0x20 || *c > 0x7e) *c = '?';
    return -1;
}

// Memory for width x height pixels, or NULL with a text. Zeroed pages are given by the system
// when they are first written, so a header that lies costs no memory.
static inline uint8_t *ic_allocate(size_t width, size_t height, uint64_t max_pixels, char *error) {
    if (width == 0 || height == 0) {
        ic_fail(error, "it is %zu x %zu pixels", width, height);
        return NULL;
    }
    if ((uint64_t)width > max_pixels / height) {
        ic_fail(error, "it is %zu x %zu pixels, more than the limit of %llu million", width, height,
                (unsigned long long)(max_pixels / 1000000));
        return NULL;
    }
    uint8_t *rgb = calloc(width * height, 3);
    if (!rgb) ic_fail(error, "there is no memory for %zu x %zu pixels", width, height);
    return rgb;
}

#endif
