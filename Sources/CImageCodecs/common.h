// Shared by the codecs: how an error's text is written, and what several of them say.
#ifndef IC_COMMON_H
#define IC_COMMON_H

#include "CImageCodecs.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IC_TRUNCATED "the file ends before the picture does"
#define IC_OTHER_SIZE "its size is not the one that its header tells"

// Writes the text and returns -1. Bytes that are not printable ASCII become '?': a library's
// message can quote the file.
__attribute__((format(printf, 2, 3))) static inline int ic_fail(char *error, const char *format,
                                                                ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, IC_ERROR_SIZE, format, arguments);
    va_end(arguments);
    for (char *c = error; *c; c++)
        if (*c < 0x20 || *c > 0x7e) *c = '?';
    return -1;
}

#endif
