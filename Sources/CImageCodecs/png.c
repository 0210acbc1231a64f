// PNG through libpng. Its errors leave by longjmp, which must not cross Swift frames.
#include "common.h"
#include "reducer.h"

#include <png.h>

typedef struct {
    const uint8_t *data;
    size_t size, used;
    png_bytep *rows;  // [height]
    ic_reducer reducer;
    png_structp png;
    png_infop info;
} reader;

typedef struct {
    uint8_t *bytes;
    size_t count, capacity;
    char *error;
    png_structp png;
    png_infop info;
} writer;

static void on_warning(png_structp png, png_const_charp text) { (void)png, (void)text; }

static _Noreturn void on_error(png_structp png, png_const_charp text) {
    ic_fail((char *)png_get_error_ptr(png), "%s", text);
    png_longjmp(png, 1);
}

static void take(png_structp png, png_bytep target, size_t count) {
    reader *r = png_get_io_ptr(png);
    if (count > r->size - r->used) png_error(png, IC_TRUNCATED);
    memcpy(target, r->data + r->used, count);
    r->used += count;
}

// Chunks that change no pixel. Skipped, they cannot be used to make the library unpack megabytes.
// The gamma and colour space chunks are among them: Pillow does not apply them either.
static const png_byte skipped[] =
    "acTL\0bKGD\0cHRM\0cICP\0eXIf\0fcTL\0fdAT\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0"
    "sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";

// Reads up to the picture's data.
static void read_header(reader *r) {
    png_structp png = r->png;
    png_set_read_fn(png, r, take);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the caller sets the limit
    png_set_chunk_cache_max(png, 128);
    png_set_chunk_malloc_max(png, 8000000);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof skipped / 5);
    png_read_info(png, r->info);
}

// Asks for 8-bit samples in the wanted channels.
static void choose_samples(reader *r, int channels) {
    png_structp png = r->png;
    png_set_expand(png);  // palettes, 1, 2 and 4 bits to 8; a transparent colour to alpha
    png_set_strip_16(png);
    png_set_gray_to_rgb(png);
    if (channels == 4) png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    else png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, r->info);
    size_t row_bytes = png_get_image_width(png, r->info) * (size_t)channels;
    if (png_get_rowbytes(png, r->info) != row_bytes) png_error(png, "its rows have another length");
}

static void decode_whole(reader *r, ic_request request, uint8_t *pixels) {
    png_structp png = r->png;
    size_t row_bytes = request.width * (size_t)request.channels;
    if (png_get_image_width(png, r->info) != request.width ||
        png_get_image_height(png, r->info) != request.height)
        png_error(png, IC_OTHER_SIZE);
    r->rows = malloc(request.height * sizeof *r->rows);
    if (!r->rows) png_error(png, "there is no memory for its rows");
    for (size_t y = 0; y < request.height; y++) r->rows[y] = pixels + y * row_bytes;
    png_read_image(png, r->rows);
}

static void decode_reduced(reader *r, ic_request request, uint8_t *pixels, char *error) {
    png_structp png = r->png;
    size_t width = png_get_image_width(png, r->info), height = png_get_image_height(png, r->info);
    if (png_get_interlace_type(png, r->info) != PNG_INTERLACE_NONE)
        png_error(png, "an interlaced picture cannot be shrunk");
    if (ic_reducer_begin(&r->reducer, request, width, height, pixels, error) != 0)
        png_longjmp(png, 1);
    for (size_t y = 0; y < height; y++) {
        png_read_row(png, r->reducer.row, NULL);
        ic_reducer_take(&r->reducer);
    }
}

static int begin(reader *r, char *error) {
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    return r->info ? 0 : ic_fail(error, "there is no memory for the decoder");
}

static int finish(reader *r, int result) {
    png_destroy_read_struct(&r->png, &r->info, NULL);
    free(r->rows);
    ic_reducer_end(&r->reducer);
    return result;
}

int ic_png_header(const uint8_t *data, size_t size, ic_header *header, char *error) {
    reader r = {.data = data, .size = size};
    if (begin(&r, error) != 0) return finish(&r, -1);
    if (setjmp(png_jmpbuf(r.png)) != 0) return finish(&r, -1);
    read_header(&r);
    *header = (ic_header){.width = png_get_image_width(r.png, r.info),
                          .height = png_get_image_height(r.png, r.info),
                          .has_alpha = (png_get_color_type(r.png, r.info) & PNG_COLOR_MASK_ALPHA) ||
                                       png_get_valid(r.png, r.info, PNG_INFO_tRNS),
                          .shrinks = png_get_interlace_type(r.png, r.info) == PNG_INTERLACE_NONE};
    return finish(&r, 0);
}

int ic_png_decode(const uint8_t *data, size_t size, ic_request request, uint8_t *pixels,
                  char *error) {
    reader r = {.data = data, .size = size};
    if (begin(&r, error) != 0) return finish(&r, -1);
    if (setjmp(png_jmpbuf(r.png)) != 0) return finish(&r, -1);
    read_header(&r);
    choose_samples(&r, request.channels);
    if (request.shrink > 1) decode_reduced(&r, request, pixels, error);
    else decode_whole(&r, request, pixels);
    return finish(&r, 0);
}

static void put(png_structp png, png_bytep source, size_t count) {
    writer *w = png_get_io_ptr(png);
    if (count > w->capacity - w->count) {
        size_t capacity = w->capacity * 2 + count;
        uint8_t *bytes = realloc(w->bytes, capacity);
        if (!bytes) png_error(png, "there is no memory for the file");
        w->bytes = bytes;
        w->capacity = capacity;
    }
    memcpy(w->bytes + w->count, source, count);
    w->count += count;
}

static void flush(png_structp png) { (void)png; }

int ic_encode_png(const uint8_t *rgb, size_t width, size_t height, int quick, uint8_t **png,
                  size_t *png_size, char *error) {
    writer w = {.error = error};
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
    w.info = w.png ? png_create_info_struct(w.png) : NULL;
    int result = -1;
    if (!w.info) {
        ic_fail(error, "there is no memory for the encoder");
    } else if (width > PNG_UINT_31_MAX / 3 || height > PNG_UINT_31_MAX) {
        ic_fail(error, "%zu x %zu pixels do not fit into a PNG", width, height);
    } else if (setjmp(png_jmpbuf(w.png)) == 0) {
        png_set_write_fn(w.png, &w, put, flush);
        png_set_IHDR(w.png, w.info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        if (quick) {
            png_set_compression_level(w.png, 1);
            png_set_filter(w.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
        }
        png_write_info(w.png, w.info);
        for (size_t y = 0; y < height; y++) png_write_row(w.png, rgb + y * width * 3);
        png_write_end(w.png, NULL);
        *png = w.bytes;
        *png_size = w.count;
        w.bytes = NULL;
        result = 0;
    }
    png_destroy_write_struct(&w.png, &w.info);
    free(w.bytes);
    return result;
}
