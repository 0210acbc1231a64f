#include "reducer.h"

#include "common.h"

int ic_reducer_begin(ic_reducer *reducer, ic_request request, size_t source_width,
                     size_t source_height, uint8_t *pixels, char *error) {
    size_t shrink = (size_t)request.shrink, channels = (size_t)request.channels;
    *reducer = (ic_reducer){.request = request,
                            .source_width = source_width,
                            .source_height = source_height,
                            .pixels = pixels};
    if ((source_width + shrink - 1) / shrink != request.width ||
        (source_height + shrink - 1) / shrink != request.height)
        return ic_fail(error, IC_OTHER_SIZE);
    reducer->sums = calloc(request.width * channels, sizeof *reducer->sums);
    reducer->row = malloc(source_width * channels);
    if (!reducer->sums || !reducer->row) return ic_fail(error, "there is no memory for a row");
    return 0;
}

// A box has at most 64 pixels, so that its sums stay below 2^22.
static void add_opaque(ic_reducer *r) {
    size_t shrink = (size_t)r->request.shrink;
    const uint8_t *from = r->row;
    for (size_t x = 0; x < r->source_width; x++, from += 3) {
        uint32_t *sum = r->sums + x / shrink * 3;
        for (int c = 0; c < 3; c++) sum[c] += from[c];
    }
}

static void add_transparent(ic_reducer *r) {
    size_t shrink = (size_t)r->request.shrink;
    const uint8_t *from = r->row;
    for (size_t x = 0; x < r->source_width; x++, from += 4) {
        uint32_t *sum = r->sums + x / shrink * 4;
        for (int c = 0; c < 3; c++) sum[c] += (uint32_t)from[c] * from[3];
        sum[3] += from[3];
    }
}

static uint8_t quotient(uint32_t sum, uint32_t count) {
    return (uint8_t)(count ? (sum + count / 2) / count : 0);
}

// Writes one row of the result from the sums of `rows` rows.
static void finish_row(ic_reducer *r, size_t rows) {
    size_t shrink = (size_t)r->request.shrink, channels = (size_t)r->request.channels;
    uint8_t *to = r->pixels + (r->y - 1) / shrink * r->request.width * channels;
    for (size_t x = 0; x < r->request.width; x++, to += channels) {
        size_t left = r->source_width - x * shrink;
        uint32_t count = (uint32_t)(rows * (left < shrink ? left : shrink));
        const uint32_t *sum = r->sums + x * channels;
        for (int c = 0; c < 3; c++) to[c] = quotient(sum[c], channels == 4 ? sum[3] : count);
        if (channels == 4) to[3] = quotient(sum[3], count);
    }
    memset(r->sums, 0, r->request.width * channels * sizeof *r->sums);
}

void ic_reducer_take(ic_reducer *reducer) {
    if (reducer->request.channels == 4) add_transparent(reducer);
    else add_opaque(reducer);
    reducer->y++;
    size_t rows = reducer->y % (size_t)reducer->request.shrink;
    if (rows == 0) finish_row(reducer, (size_t)reducer->request.shrink);
    else if (reducer->y == reducer->source_height) finish_row(reducer, rows);
}

void ic_reducer_end(ic_reducer *reducer) {
    free(reducer->sums);
    free(reducer->row);
}
