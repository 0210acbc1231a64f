// Pictures in, 8-bit RGB out, and back to PNG. All functions work on memory, never on files,
// never print, and keep no state between calls, so any number may run at the same time.
//
// Every decoder has the same form:
//   data, size   the whole file; only read
//   max_pixels   a picture with more pixels than this is refused before its pixels are allocated
//   out          filled on success: rgb is [height, width, 3], row-major, allocated with malloc;
//                the caller frees it with ic_free. Untouched on failure.
//   error        at least IC_ERROR_SIZE bytes; on failure a text without a full stop and with no
//                control characters that says what is wrong, UTF-8, terminated
// and returns 0 on success, -1 on failure. Orientation tags are not looked at.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define IC_ERROR_SIZE 256

typedef struct {
    uint8_t *rgb; // [height, width, 3]
    size_t width, height;
} ic_image;

// Baseline, extended and progressive JPEG, Huffman or arithmetic coding, 8 bits a sample: grey,
// YCbCr, RGB, CMYK and YCCK. CMYK samples are taken as inverted, as Adobe writes them and as
// Pillow reads them. More than 1000 scans, or more scan work than a picture could need, fail.
int ic_decode_jpeg(const uint8_t *data, size_t size, uint64_t max_pixels, ic_image *out, char *error);

// Every colour type and depth, interlaced or not. Of 16 bits the upper 8 are kept; alpha is
// dropped, not composited. Text, colour profiles and other side chunks are skipped unread.
int ic_decode_png(const uint8_t *data, size_t size, uint64_t max_pixels, ic_image *out, char *error);

// Lossy and lossless WebP; alpha is dropped. Animations fail.
int ic_decode_webp(const uint8_t *data, size_t size, uint64_t max_pixels, ic_image *out, char *error);

static inline void ic_free(ic_image *image) {
    free(image->rgb);
    *image = (ic_image){0};
}

// rgb is [height, width, 3]. On success *png holds *png_size bytes allocated with malloc; the
// caller frees them with free(). Returns 0, or -1 with a text in error as above.
int ic_encode_png(const uint8_t *rgb, size_t width, size_t height, uint8_t **png, size_t *png_size,
                  char *error);

#endif
