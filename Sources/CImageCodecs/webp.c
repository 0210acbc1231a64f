// WebP through libwebp, which returns its errors.
#include "common.h"

#include <webp/decode.h>
#include <webp/demux.h>

static const char *meaning(VP8StatusCode status) {
    switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "there is no memory for its pixels";
    case VP8_STATUS_BITSTREAM_ERROR: return "its data is damaged";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a feature that this decoder does not have";
    case VP8_STATUS_NOT_ENOUGH_DATA: return IC_TRUNCATED;
    default: return "its data makes no sense";
    }
}

// Of each pixel libwebp holds 4 bytes where the picture is lossless, and 2 for the transparency of a
// lossy one: the alpha itself, and its lossless form.
static size_t working_bytes(const WebPBitstreamFeatures *features) {
    enum { lossy = 1, lossless = 2 };
    size_t pixels = (size_t)features->width * (size_t)features->height;
    if (features->has_animation || features->format == lossless) return 4 * pixels;
    return features->format == lossy && features->has_alpha ? 2 * pixels : 0;
}

int ic_webp_header(const uint8_t *data, size_t size, ic_header *header, char *error) {
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(data, size, &features);
    if (status != VP8_STATUS_OK) return ic_fail(error, "%s", meaning(status));
    *header = (ic_header){.width = (size_t)features.width,
                          .height = (size_t)features.height,
                          // A frame of an animation may leave a part of its canvas open.
                          .has_alpha = features.has_alpha || features.has_animation,
                          .shrinks = !features.has_animation,
                          .working_bytes = working_bytes(&features)};
    return 0;
}

// One still picture of request's sides times its shrink, into pixels whose rows are `stride` bytes
// apart.
static int decode_still(const uint8_t *data, size_t size, ic_request request, size_t stride,
                        uint8_t *pixels, char *error) {
    size_t width = request.width, height = request.height, shrink = (size_t)request.shrink;
    int channels = request.channels;
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) return ic_fail(error, "libwebp is of another version");
    VP8StatusCode status = WebPGetFeatures(data, size, &config.input);
    if (status != VP8_STATUS_OK) return ic_fail(error, "%s", meaning(status));
    if (((size_t)config.input.width + shrink - 1) / shrink != width ||
        ((size_t)config.input.height + shrink - 1) / shrink != height)
        return ic_fail(error, IC_OTHER_SIZE);
    config.options.use_scaling = shrink > 1;
    config.options.scaled_width = (int)width;
    config.options.scaled_height = (int)height;
    config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = stride * (height - 1) + width * (size_t)channels;
    status = WebPDecode(data, size, &config);
    WebPFreeDecBuffer(&config.output);
    return status == VP8_STATUS_OK ? 0 : ic_fail(error, "%s", meaning(status));
}

// The first frame onto a transparent black canvas.
static int decode_frame(const WebPIterator *frame, ic_request request, uint8_t *pixels,
                        char *error) {
    size_t channels = (size_t)request.channels, stride = request.width * channels;
    size_t x = (size_t)frame->x_offset, y = (size_t)frame->y_offset;
    size_t width = (size_t)frame->width, height = (size_t)frame->height;
    if (!frame->complete) return ic_fail(error, IC_TRUNCATED);
    if (frame->x_offset < 0 || frame->y_offset < 0 || x + width > request.width ||
        y + height > request.height)
        return ic_fail(error, "its first frame lies outside the picture");
    memset(pixels, 0, request.height * stride);
    ic_request still = {
        .width = width, .height = height, .channels = request.channels, .shrink = 1};
    return decode_still(frame->fragment.bytes, frame->fragment.size, still, stride,
                        pixels + y * stride + x * channels, error);
}

int ic_webp_decode(const uint8_t *data, size_t size, ic_request request, uint8_t *pixels,
                   char *error) {
    WebPBitstreamFeatures features;
    VP8StatusCode status = WebPGetFeatures(data, size, &features);
    if (status != VP8_STATUS_OK) return ic_fail(error, "%s", meaning(status));
    if (!features.has_animation)
        return decode_still(data, size, request, request.width * (size_t)request.channels, pixels,
                            error);
    if ((size_t)features.width != request.width || (size_t)features.height != request.height)
        return ic_fail(error, IC_OTHER_SIZE);

    WebPData file = {data, size};
    WebPDemuxer *demuxer = WebPDemux(&file);
    if (!demuxer) return ic_fail(error, "its frames are damaged or the file ends before they do");
    WebPIterator frame;
    int result = WebPDemuxGetFrame(demuxer, 1, &frame)
                     ? decode_frame(&frame, request, pixels, error)
                     : ic_fail(error, "it has no frame");
    WebPDemuxReleaseIterator(&frame);
    WebPDemuxDelete(demuxer);
    return result;
}
