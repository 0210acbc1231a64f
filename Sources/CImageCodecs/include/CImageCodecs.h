// Pictures in, 8-bit samples out, and back to PNG. All functions work on memory, never on files,
// never print, and keep no state between calls, so any number may run at the same time.
//
// A format has two functions. The first reads what the file says about itself and allocates nothing
// of that size, so that the caller can refuse a picture before any memory is spent on it. The second
// decodes into memory that the caller owns.
//
//   data, size   the whole file; only read
//   header       filled on success
//   request      what to decode; its width and height must be those that the file has at `shrink`
//   pixels       [height, width, channels], row-major, allocated by the caller; every sample is
//                written on success, and any number of them on failure
//   error        at least IC_ERROR_SIZE bytes; on failure a text without a full stop and with no
//                control characters that says what is wrong, ASCII, terminated
//
// Each returns 0 on success and -1 on failure. Orientation tags are not looked at.
#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include <stddef.h>
#include <stdint.h>

#define IC_ERROR_SIZE 256

typedef struct {
    size_t width, height;
    int has_alpha;         // some pixel may be transparent
    int shrinks;           // it can be decoded at a fraction of its sides
    size_t working_bytes;  // that grow with its pixels and are held while it is decoded, beside the
                           // result, at whatever fraction: 0 where it is decoded row by row
} ic_header;

typedef struct {
    size_t width, height;
    int channels;  // 3: RGB, transparency dropped; 4: RGB and alpha, not premultiplied
    int shrink;  // 1, 2, 4 or 8: the sides are divided by it, rounded up; 1 where header.shrinks is 0
} ic_request;

typedef int ic_header_function(const uint8_t *data, size_t size, ic_header *header, char *error);
typedef int ic_decode_function(const uint8_t *data, size_t size, ic_request request,
                               uint8_t *pixels, char *error);

// Baseline, extended and progressive JPEG, Huffman or arithmetic coding, 8 bits a sample: grey,
// YCbCr, RGB, CMYK and YCCK. CMYK samples are taken as inverted, as Adobe writes them and as
// Pillow reads them. More than 1000 scans, or more scan work than a picture could need, fail.
ic_header_function ic_jpeg_header;
ic_decode_function ic_jpeg_decode;

// Every colour type and depth, interlaced or not; the upper 8 of 16 bits are kept. Text, colour
// profiles and other side chunks are skipped unread. An animation gives its still picture. An
// interlaced picture does not shrink: it holds a coarse picture of all rows before the next finer one.
ic_header_function ic_png_header;
ic_decode_function ic_png_decode;

// Lossy and lossless WebP. An animation gives its first frame on a transparent black canvas, and does
// not shrink. The working bytes of transparency are those of files that libwebp writes.
ic_header_function ic_webp_header;
ic_decode_function ic_webp_decode;

// The first frame of a GIF. As in Pillow, the canvas grows to hold the frame, and what the frame
// leaves open has the transparent colour, or colour 0 where there is none. An interlaced frame has an
// index for each pixel as working bytes.
ic_header_function ic_gif_header;
ic_decode_function ic_gif_decode;

// BMP of Windows and OS/2: 1 to 32 bits a pixel, run lengths, masks, either row order. gdk-pixbuf holds
// the whole picture, and these files are as large as it, so that they count as working bytes, too.
ic_header_function ic_bmp_header;
ic_decode_function ic_bmp_decode;

// rgb is [height, width, 3]. quick: 1 for a file that is looked at once; it is larger and takes a
// fifth of the time. On success *png holds *png_size bytes allocated with malloc; the caller frees
// them with free(). Returns 0, or -1 with a text in error as above.
int ic_encode_png(const uint8_t *rgb, size_t width, size_t height, int quick, uint8_t **png,
                  size_t *png_size, char *error);

#endif
