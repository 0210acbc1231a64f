// Makes a picture smaller while its rows come in: each pixel of the result is the mean of a box of
// request.shrink x request.shrink pixels, and of what is left of it at the right and the lower edge.
// Colours of a picture with alpha are weighted by it. Beside one row nothing of the source is held.
#ifndef IC_REDUCER_H
#define IC_REDUCER_H

#include "CImageCodecs.h"

typedef struct {
    ic_request request;
    size_t source_width, source_height;
    size_t y;         // rows that came in
    uint32_t *sums;   // [request.width, channels]: of the rows of the current boxes
    uint8_t *row;     // [source_width, channels]: for the caller to put the next row in
    uint8_t *pixels;  // [request.height, request.width, channels]
} ic_reducer;

// Returns 0; or -1 with a text in error when request's sides are not those of the source divided by
// its shrink and rounded up, or when there is no memory. In any case ic_reducer_end frees it.
int ic_reducer_begin(ic_reducer *reducer, ic_request request, size_t source_width,
                     size_t source_height, uint8_t *pixels, char *error);

// Takes over reducer->row. To be called source_height times, after which all pixels are written.
void ic_reducer_take(ic_reducer *reducer);

void ic_reducer_end(ic_reducer *reducer);

#endif
