// WebP through libwebp, which returns its errors.
#include "common.h"

#include <webp/decode.h>

static const char *meaning(VP8StatusCode status) {
    switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "there is no memory for its pixels";
    case VP8_STATUS_BITSTREAM_ERROR: return "its data is damaged";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a feature this decoder does not have";
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file ends before the picture does";
    default: return "it can not be decoded";
    }
}

int ic_decode_webp(const uint8_t *data, size_t size, uint64_t max_pixels, ic_image *out, char *error) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return ic_fail(error, "libwebp is of another version");
    VP8StatusCode status = WebPGetFeatures(data, size, &config.input);
    if (status != VP8_STATUS_OK) return ic_fail(error, "%s", meaning(status));
    if (config.input.has_animation)
        return ic_fail(error, "it is an animation; save one frame as a still picture");
    size_t width = (size_t)config.input.width, height = (size_t)config.input.height;
    uint8_t *rgb = ic_allocate(width, height, max_pixels, error);
    if (!rgb) return -1;
    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = rgb;
    config.output.u.RGBA.stride = (int)(width * 3);
    config.output.u.RGBA.size = width * height * 3;
    status = WebPDecode(data, size, &config);
    WebPFreeDecBuffer(&config.output);
    if (status != VP8_STATUS_OK) {
        free(rgb);
        return ic_fail(error, "%s", meaning(status));
    }
    *out = (ic_image){rgb, width, height};
    return 0;
}
