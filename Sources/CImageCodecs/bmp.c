// BMP through gdk-pixbuf. It allocates what the header tells, so the header is read here first.
#include "common.h"
#include "reducer.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

static uint32_t number(const uint8_t *bytes, int count) {
    uint32_t value = 0;
    while (count-- > 0) value = value << 8 | bytes[count];
    return value;
}

// The sides stand behind 14 bytes of file header and the length of the second header, as 16-bit
// numbers in OS/2's first version and as signed 32-bit numbers in all later ones. A negative height
// says that the first row is the top one.
int ic_bmp_header(const uint8_t *data, size_t size, ic_header *header, char *error) {
    if (size < 26) return ic_fail(error, IC_TRUNCATED);
    int is_first_version = number(data + 14, 4) == 12;
    int32_t width = (int32_t)(is_first_version ? number(data + 18, 2) : number(data + 18, 4));
    int32_t height = (int32_t)(is_first_version ? number(data + 20, 2) : number(data + 22, 4));
    if (width < 0 || height == INT32_MIN) return ic_fail(error, "its sides make no sense");
    size_t rows = (size_t)(height < 0 ? -height : height);
    uint32_t bits = is_first_version || size < 30 ? 24 : number(data + 28, 2);
    size_t channels = bits == 16 || bits == 32 ? 4 : 3;
    *header = (ic_header){.width = (size_t)width,
                          .height = rows,
                          .has_alpha = 1,  // gdk-pixbuf knows, once it has decoded the picture
                          .shrinks = 1,
                          .working_bytes = size + (size_t)width * rows * channels};
    return 0;
}

enum { uncompressed = 0, runs8 = 1, runs4 = 2 };

// Whether run lengths go on to the mark of their end, or to the end of the last row.
static int runs_are_complete(const uint8_t *data, size_t size, int compression, size_t height) {
    size_t at = 0, rows = 0;
    while (at + 2 <= size) {
        int count = data[at], code = data[at + 1];
        at += 2;
        if (count > 0) continue;
        if (code == 1) return 1;
        if (code == 0) rows++;
        if (code == 2) at += 2;
        size_t literal = compression == runs4 ? (size_t)(code + 1) / 2 : (size_t)code;
        if (code > 2) at += literal + literal % 2;
    }
    return at <= size && rows >= height;
}

// gdk-pixbuf fills what a truncated file lacks with whatever is in memory, so completeness is
// checked here.
static int is_complete(const uint8_t *data, size_t size, ic_header header) {
    // gdk-pixbuf allocates as many bytes as the header says it has.
    if (number(data + 14, 4) > size - 14) return 0;
    int is_first_version = number(data + 14, 4) == 12;
    if (!is_first_version && size < 34) return 0;
    uint64_t start = number(data + 10, 4), bits = number(data + (is_first_version ? 24 : 28), 2);
    uint32_t compression = is_first_version ? uncompressed : number(data + 30, 4);
    if (start > size) return 0;
    // gdk-pixbuf allocates 4 bytes for each colour that the header tells of.
    if (!is_first_version && size >= 50 && number(data + 46, 4) > (size - 14) / 4) return 0;
    if (compression == runs8 || compression == runs4)
        return runs_are_complete(data + start, size - start, (int)compression, header.height);
    uint64_t row = (header.width * bits + 31) / 32 * 4;
    return size - start >= row * header.height;
}

static void copy_row(const GdkPixbuf *pixbuf, size_t y, size_t width, size_t wanted, uint8_t *to) {
    size_t stored = (size_t)gdk_pixbuf_get_n_channels(pixbuf);
    const uint8_t *from =
        gdk_pixbuf_read_pixels(pixbuf) + y * (size_t)gdk_pixbuf_get_rowstride(pixbuf);
    for (size_t x = 0; x < width; x++, from += stored, to += wanted) {
        memcpy(to, from, 3);
        if (wanted == 4) to[3] = stored == 4 ? from[3] : 255;
    }
}

static int copy(const GdkPixbuf *pixbuf, ic_request request, uint8_t *pixels, char *error) {
    size_t width = (size_t)gdk_pixbuf_get_width(pixbuf), wanted = (size_t)request.channels;
    size_t height = (size_t)gdk_pixbuf_get_height(pixbuf);
    if (request.shrink == 1) {
        if (width != request.width || height != request.height)
            return ic_fail(error, IC_OTHER_SIZE);
        for (size_t y = 0; y < height; y++)
            copy_row(pixbuf, y, width, wanted, pixels + y * width * wanted);
        return 0;
    }
    ic_reducer reducer;
    int result = ic_reducer_begin(&reducer, request, width, height, pixels, error);
    for (size_t y = 0; result == 0 && y < height; y++) {
        copy_row(pixbuf, y, width, wanted, reducer.row);
        ic_reducer_take(&reducer);
    }
    ic_reducer_end(&reducer);
    return result;
}

int ic_bmp_decode(const uint8_t *data, size_t size, ic_request request, uint8_t *pixels,
                  char *error) {
    ic_header header;
    if (ic_bmp_header(data, size, &header, error) != 0) return -1;
    if (!is_complete(data, size, header)) return ic_fail(error, IC_TRUNCATED);
    GError *reason = NULL;
    GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type("bmp", &reason);
    int result = -1;
    if (loader) {
        int is_written = gdk_pixbuf_loader_write(loader, data, size, &reason);
        // It is closed in any case, and only the first error is kept.
        int is_closed = gdk_pixbuf_loader_close(loader, is_written ? &reason : NULL);
        const GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
        if (is_written && is_closed && pixbuf) result = copy(pixbuf, request, pixels, error);
        else if (!reason) ic_fail(error, "its data is damaged");
    }
    if (reason) {
        // The library's sentence, without its full stop.
        ic_fail(error, "%s", reason->message);
        size_t length = strlen(error);
        if (length > 0 && error[length - 1] == '.') error[length - 1] = 0;
        g_error_free(reason);
    }
    if (loader) g_object_unref(loader);
    return result;
}
