// JPEG through libjpeg. Its errors leave by longjmp, which must not cross Swift frames.
#include "common.h"

#include <jpeglib.h>
#include <jerror.h>
#include <setjmp.h>

// Honest encoders write about ten scans. Each scan costs a walk over all blocks, even an empty
// one, so a small file can ask for hours of work.
enum { max_scans = 1000 };
static const uint64_t max_scan_pixels = 4000000000u;

typedef struct {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf leave;
    uint8_t *cmyk;  // [width, 4], one row
    int ended;      // the bytes ran out and an end marker was put in their place
    char *error;
} decoder;

static decoder *owner(j_common_ptr info) { return (decoder *)info->client_data; }

static void on_error(j_common_ptr info) {
    decoder *d = owner(info);
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    ic_fail(d->error, "%s", d->ended ? IC_TRUNCATED : text);
    longjmp(d->leave, 1);
}

static _Noreturn void leave(decoder *d, const char *text) {
    ic_fail(d->error, "%s", text);
    longjmp(d->leave, 1);
}

// Warnings are ignored as Pillow ignores them, but for one: entropy data that stops with the file.
static void on_message(j_common_ptr info, int level) {
    decoder *d = owner(info);
    if (level < 0 && info->err->msg_code == JWRN_HIT_MARKER && d->ended) leave(d, IC_TRUNCATED);
}

static void on_output(j_common_ptr info) { (void)info; }

static void on_progress(j_common_ptr info) {
    decoder *d = owner(info);
    if (d->info.input_scan_number > max_scans) leave(d, "it has more than 1000 scans");
    uint64_t pixels = (uint64_t)d->info.image_width * d->info.image_height;
    if (d->info.input_scan_number > 10 &&
        pixels * (uint64_t)d->info.input_scan_number > max_scan_pixels)
        leave(d, "it has too many scans for its size");
}

static void source_start(j_decompress_ptr info) { (void)info; }
static void source_end(j_decompress_ptr info) { (void)info; }

static boolean source_fill(j_decompress_ptr info) {
    static const JOCTET end[2] = {0xff, JPEG_EOI};
    decoder *d = owner((j_common_ptr)info);
    d->ended = 1;
    info->src->next_input_byte = end;
    info->src->bytes_in_buffer = sizeof end;
    return TRUE;
}

static void source_skip(j_decompress_ptr info, long count) {
    if (count <= 0) return;
    if ((size_t)count >= info->src->bytes_in_buffer) {
        source_fill(info);
        return;
    }
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= (size_t)count;
}

// The product of two values in 0...255, divided by 255 and rounded: Pillow's MULDIV255.
static int multiply_255(int a, int b) {
    int product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

// cmyk holds what the file stores: 255 - ink. rgb [width, 3].
static void row_from_inverted_cmyk(const uint8_t *cmyk, uint8_t *rgb, size_t width) {
    for (size_t x = 0; x < width; x++)
        for (int c = 0; c < 3; c++) {
            int paper = cmyk[x * 4 + 3];
            int value = paper - multiply_255(255 - cmyk[x * 4 + c], paper);
            rgb[x * 3 + c] = (uint8_t)(value < 0 ? 0 : value);
        }
}

// Reads up to the first scan. Everything that libjpeg allocates is freed by `finish`.
static void read_header(decoder *d, const uint8_t *data, size_t size) {
    jpeg_create_decompress(&d->info);
    d->source = (struct jpeg_source_mgr){
        .next_input_byte = data,
        .bytes_in_buffer = size,
        .init_source = source_start,
        .fill_input_buffer = source_fill,
        .skip_input_data = source_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = source_end,
    };
    d->progress.progress_monitor = on_progress;
    d->info.src = &d->source;
    d->info.progress = &d->progress;
    jpeg_read_header(&d->info, TRUE);
}

static void decode(decoder *d, ic_request request, uint8_t *rgb) {
    int inverted_cmyk =
        d->info.jpeg_color_space == JCS_CMYK || d->info.jpeg_color_space == JCS_YCCK;
    d->info.out_color_space = inverted_cmyk ? JCS_CMYK : JCS_RGB;
    d->info.scale_num = 1;
    d->info.scale_denom = (unsigned)request.shrink;
    jpeg_calc_output_dimensions(&d->info);
    size_t width = d->info.output_width, height = d->info.output_height;
    if (width != request.width || height != request.height) leave(d, IC_OTHER_SIZE);
    if (request.channels != 3) leave(d, "a JPEG has no transparency");
    if (inverted_cmyk && !(d->cmyk = malloc(width * 4))) leave(d, "there is no memory for a row");

    jpeg_start_decompress(&d->info);
    // Several scans are read as a whole before the first row: one that is missing leaves the
    // picture coarse, not incomplete.
    if (d->ended && jpeg_has_multiple_scans(&d->info)) leave(d, IC_TRUNCATED);
    while (d->info.output_scanline < height) {
        uint8_t *row = rgb + (size_t)d->info.output_scanline * width * 3;
        JSAMPROW target = inverted_cmyk ? d->cmyk : row;
        if (jpeg_read_scanlines(&d->info, &target, 1) == 1 && inverted_cmyk)
            row_from_inverted_cmyk(d->cmyk, row, width);
    }
}

static void begin(decoder *d, char *error) {
    d->error = error;
    d->info.err = jpeg_std_error(&d->errors);
    d->errors.error_exit = on_error;
    d->errors.emit_message = on_message;
    d->errors.output_message = on_output;
    d->info.client_data = d;
}

static int finish(decoder *d, int result) {
    jpeg_destroy_decompress(&d->info);
    free(d->cmyk);
    return result;
}

// What libjpeg holds of a picture in several scans: 64 values of two bytes for every block.
static size_t coefficient_bytes(const struct jpeg_decompress_struct *info) {
    if (!jpeg_has_multiple_scans((j_decompress_ptr)info)) return 0;
    size_t blocks = 0;
    for (int c = 0; c < info->num_components; c++)
        blocks += (size_t)info->comp_info[c].width_in_blocks * info->comp_info[c].height_in_blocks;
    return blocks * sizeof(JBLOCK);
}

int ic_jpeg_header(const uint8_t *data, size_t size, ic_header *header, char *error) {
    decoder d = {0};
    begin(&d, error);
    if (setjmp(d.leave) != 0) return finish(&d, -1);
    read_header(&d, data, size);
    *header = (ic_header){.width = d.info.image_width,
                          .height = d.info.image_height,
                          .shrinks = 1,
                          .working_bytes = coefficient_bytes(&d.info)};
    return finish(&d, 0);
}

int ic_jpeg_decode(const uint8_t *data, size_t size, ic_request request, uint8_t *pixels,
                   char *error) {
    decoder d = {0};
    begin(&d, error);
    if (setjmp(d.leave) != 0) return finish(&d, -1);
    read_header(&d, data, size);
    decode(&d, request, pixels);
    return finish(&d, 0);
}
