// GIF through giflib, row by row: only the first frame is read, and giflib allocates nothing of
// the sizes that a file tells.
#include "common.h"
#include "reducer.h"

#include <gif_lib.h>

typedef struct {
    const uint8_t *data;
    size_t size, used;
} reader;

// The first frame, found and not yet decoded.
typedef struct {
    GifFileType *file;
    int transparent;  // index of the transparent colour, or NO_TRANSPARENT_COLOR
} first_frame;

static int take(GifFileType *file, GifByteType *target, int count) {
    reader *r = file->UserData;
    size_t left = r->size - r->used, taken = (size_t)count < left ? (size_t)count : left;
    memcpy(target, r->data + r->used, taken);
    r->used += taken;
    return (int)taken;
}

static const char *meaning(int code) {
    switch (code) {
    case D_GIF_ERR_READ_FAILED:
    case D_GIF_ERR_EOF_TOO_SOON: return IC_TRUNCATED;
    case D_GIF_ERR_NOT_ENOUGH_MEM: return "there is no memory for the decoder";
    default: return "its data is damaged";
    }
}

static int fail(const first_frame *frame, char *error) {
    return ic_fail(error, "%s", meaning(frame->file->Error));
}

// Passes over the blocks of an extension and keeps the transparent colour of a graphics control.
static int read_extension(first_frame *frame) {
    int kind;
    GifByteType *block;
    if (DGifGetExtension(frame->file, &kind, &block) != GIF_OK) return -1;
    while (block) {
        GraphicsControlBlock control;
        if (kind == GRAPHICS_EXT_FUNC_CODE &&
            DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
            frame->transparent = control.TransparentColor;
        if (DGifGetExtensionNext(frame->file, &block) != GIF_OK) return -1;
    }
    return 0;
}

static int find(first_frame *frame, reader *r, char *error) {
    int code = 0;
    frame->transparent = NO_TRANSPARENT_COLOR;
    frame->file = DGifOpen(r, take, &code);
    if (!frame->file)
        return ic_fail(error, "%s", r->used == r->size ? IC_TRUNCATED : meaning(code));
    for (;;) {
        GifRecordType record;
        if (DGifGetRecordType(frame->file, &record) != GIF_OK) return fail(frame, error);
        if (record == TERMINATE_RECORD_TYPE) return ic_fail(error, "it has no frame");
        if (record == IMAGE_DESC_RECORD_TYPE) break;
        if (record == EXTENSION_RECORD_TYPE && read_extension(frame) != 0)
            return fail(frame, error);
    }
    if (DGifGetImageDesc(frame->file) != GIF_OK) return fail(frame, error);
    if (frame->file->Image.Width <= 0 || frame->file->Image.Height <= 0)
        return ic_fail(error, "its first frame has no pixels");
    return 0;
}

static size_t larger(int a, int b) { return (size_t)(a > b ? a : b); }

static ic_header header_of(const first_frame *frame) {
    const GifFileType *file = frame->file;
    const GifImageDesc *image = &file->Image;
    size_t area = (size_t)image->Width * (size_t)image->Height;
    return (ic_header){.width = larger(file->SWidth, image->Left + image->Width),
                       .height = larger(file->SHeight, image->Top + image->Height),
                       .has_alpha = frame->transparent != NO_TRANSPARENT_COLOR,
                       .shrinks = 1,
                       .working_bytes = image->Interlace ? area : 0};
}

// palette [256, 4]. Colours that the file does not define are grey, as in Pillow.
static void fill_palette(const first_frame *frame, uint8_t *palette) {
    const GifFileType *file = frame->file;
    const ColorMapObject *map = file->Image.ColorMap ? file->Image.ColorMap : file->SColorMap;
    for (int i = 0; i < 256; i++) {
        int is_defined = map && i < map->ColorCount;
        GifColorType grey = {(GifByteType)i, (GifByteType)i, (GifByteType)i};
        GifColorType colour = is_defined ? map->Colors[i] : grey;
        palette[i * 4] = colour.Red;
        palette[i * 4 + 1] = colour.Green;
        palette[i * 4 + 2] = colour.Blue;
        palette[i * 4 + 3] = i == frame->transparent ? 0 : 255;
    }
}

static void fill_open_canvas(const first_frame *frame, const uint8_t *palette, size_t count,
                             size_t channels, uint8_t *pixels) {
    const uint8_t *colour = palette + 4 * (frame->transparent > 0 ? frame->transparent : 0);
    for (size_t i = 0; i < count; i++) memcpy(pixels + i * channels, colour, channels);
}

// Turns one row of the frame into colours.
static void colour_row(const first_frame *frame, const uint8_t *palette, const GifByteType *row,
                       size_t channels, uint8_t *target) {
    for (int x = 0; x < frame->file->Image.Width; x++)
        memcpy(target + (size_t)x * channels, palette + 4 * row[x], channels);
}

// An interlaced frame is stored as every 8th row, the 4ths between them, and so on.
enum { passes = 4 };
static const int first_row[passes] = {0, 4, 2, 1}, row_step[passes] = {8, 8, 4, 2};

static int decode_whole(const first_frame *frame, ic_request request, uint8_t *pixels,
                        char *error) {
    const GifImageDesc *image = &frame->file->Image;
    size_t channels = (size_t)request.channels;
    uint8_t palette[256 * 4];
    GifByteType *row = malloc((size_t)image->Width);
    if (!row) return ic_fail(error, "there is no memory for a row");
    fill_palette(frame, palette);
    fill_open_canvas(frame, palette, request.width * request.height, channels, pixels);
    int result = 0;
    for (int pass = 0; result == 0 && pass < (image->Interlace ? passes : 1); pass++) {
        int step = image->Interlace ? row_step[pass] : 1;
        for (int y = first_row[pass]; result == 0 && y < image->Height; y += step) {
            if (DGifGetLine(frame->file, row, image->Width) != GIF_OK) result = fail(frame, error);
            size_t start = (size_t)(image->Top + y) * request.width + (size_t)image->Left;
            if (result == 0) colour_row(frame, palette, row, channels, pixels + start * channels);
        }
    }
    free(row);
    return result;
}

// Reads an interlaced frame's indices into [Height, Width].
static int read_interlaced(const first_frame *frame, GifByteType *indices, char *error) {
    const GifImageDesc *image = &frame->file->Image;
    for (int pass = 0; pass < passes; pass++)
        for (int y = first_row[pass]; y < image->Height; y += row_step[pass]) {
            GifByteType *row = indices + (size_t)y * (size_t)image->Width;
            if (DGifGetLine(frame->file, row, image->Width) != GIF_OK) return fail(frame, error);
        }
    return 0;
}

// Sends the rows of the canvas through the reducer.
// indices: [Height, Width] of an interlaced frame, or one row to read the others of into.
static int reduce(const first_frame *frame, ic_reducer *reducer, GifByteType *indices,
                  char *error) {
    const GifImageDesc *image = &frame->file->Image;
    size_t channels = (size_t)reducer->request.channels;
    uint8_t palette[256 * 4];
    fill_palette(frame, palette);
    if (image->Interlace && read_interlaced(frame, indices, error) != 0) return -1;
    for (size_t y = 0; y < reducer->source_height; y++) {
        fill_open_canvas(frame, palette, reducer->source_width, channels, reducer->row);
        size_t top = (size_t)image->Top, height = (size_t)image->Height;
        if (y >= top && y < top + height) {
            GifByteType *row = indices;
            if (image->Interlace) row += (y - top) * (size_t)image->Width;
            else if (DGifGetLine(frame->file, row, image->Width) != GIF_OK)
                return fail(frame, error);
            colour_row(frame, palette, row, channels,
                       reducer->row + (size_t)image->Left * channels);
        }
        ic_reducer_take(reducer);
    }
    return 0;
}

static int decode_reduced(const first_frame *frame, ic_header header, ic_request request,
                          uint8_t *pixels, char *error) {
    const GifImageDesc *image = &frame->file->Image;
    ic_reducer reducer;
    int result = ic_reducer_begin(&reducer, request, header.width, header.height, pixels, error);
    size_t rows = image->Interlace ? (size_t)image->Height : 1;
    GifByteType *indices = malloc(rows * (size_t)image->Width);
    if (!indices) result = ic_fail(error, "there is no memory for its rows");
    if (result == 0) result = reduce(frame, &reducer, indices, error);
    free(indices);
    ic_reducer_end(&reducer);
    return result;
}

int ic_gif_header(const uint8_t *data, size_t size, ic_header *header, char *error) {
    reader r = {data, size, 0};
    first_frame frame;
    int result = find(&frame, &r, error);
    if (result == 0) *header = header_of(&frame);
    if (frame.file) DGifCloseFile(frame.file, NULL);
    return result;
}

int ic_gif_decode(const uint8_t *data, size_t size, ic_request request, uint8_t *pixels,
                  char *error) {
    reader r = {data, size, 0};
    first_frame frame;
    int result = find(&frame, &r, error);
    if (result == 0) {
        ic_header header = header_of(&frame);
        if (request.shrink > 1) result = decode_reduced(&frame, header, request, pixels, error);
        else if (header.width != request.width || header.height != request.height)
            result = ic_fail(error, IC_OTHER_SIZE);
        else result = decode_whole(&frame, request, pixels, error);
    }
    if (frame.file) DGifCloseFile(frame.file, NULL);
    return result;
}
