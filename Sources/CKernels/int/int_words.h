// Panels in which weights of 8 bits lie in 16, for instruction sets whose products of bytes need them
// unsigned. A part of int_kernels.h.
//
// Four products of signed bytes take four instructions, three of which want the ports that multiply.
// Four products of 16 bits take two products and two additions, which have a third port.

typedef int16_t vh __attribute__((vector_size(4 * LANES)));

// The bytes at even and at odd places, in 16 bits. They lie apart in weights and inputs alike, so a
// product adds columns 0 and 2 of four, or 1 and 3.
INLINE vi even_bytes(vi v) { return (vi)((vh)((vs)v << 8) >> 8); }
INLINE vi odd_bytes(vi v) { return (vi)((vh)v >> 8); }

typedef struct {
    _Alignas(64) int32_t weights[2][8][CK_BAND];
    float scales[CK_BAND];
} word_block;

// Half of a panel: it stays in the first-level cache, like one of bytes.
enum { WORD_BLOCKS = PANEL_BLOCKS / 2 };

INLINE void unpack_words(const ck_layout layout, const uint8_t *band, long first, long count,
                         word_block *panel) {
    for (long b = 0; b < count; b++) {
        block_place p = place_of(layout, band, first + b);
        for (int v = 0; v < CK_BAND / LANES; v++) {
            for (int g = 0; g < 8; g++) {
                const vi bytes = (vi)weights_of(layout, p, g, v);
                *(vi_memory *)(panel[b].weights[0][g] + v * LANES) = even_bytes(bytes);
                *(vi_memory *)(panel[b].weights[1][g] + v * LANES) = odd_bytes(bytes);
            }
            store(panel[b].scales + v * LANES, scales_of(layout, p, 0, v));
        }
    }
}

// A block of INPUT_ROWS inputs: their words in the order of prepare_block, and the rest of it.
typedef struct {
    int32_t words[2][8 * INPUT_ROWS];
    const float *scale;
} word_inputs;

INLINE void widen_inputs(const int32_t *in, long count, word_inputs *to) {
    for (long b = 0; b < count; b++, in += INPUT_WORDS * INPUT_ROWS) {
        for (int i = 0; i < 8 * INPUT_ROWS; i += LANES) {
            const vi bytes = *(const vi_memory *)(in + i);
            *(vi_memory *)(to[b].words[0] + i) = even_bytes(bytes);
            *(vi_memory *)(to[b].words[1] + i) = odd_bytes(bytes);
        }
        to[b].scale = (const float *)in + SCALE_WORD * INPUT_ROWS;
    }
}

// add_strip of int_kernels.h for one vector of rows.
INLINE void add_word_strip(const int rows, const int v, const word_block *panel,
                           const word_inputs *inputs, long blocks, float *sums) {
    vf sum[INPUT_ROWS];
    for (int m = 0; m < rows; m++) sum[m] = load(sums + m * CK_BAND + v * LANES);
    for (long b = 0; b < blocks; b++) {
        vi acc[INPUT_ROWS] = {{0}};
#pragma clang loop unroll(full)
        for (int g = 0; g < 8; g++)
            for (int half = 0; half < 2; half++) {
                const __m256i w = *(const __m256i *)(panel[b].weights[half][g] + v * LANES);
                for (int m = 0; m < rows; m++) {
                    const int32_t x = inputs[b].words[half][g * INPUT_ROWS + m];
                    const __m256i products = _mm256_madd_epi16(w, _mm256_set1_epi32(x));
                    acc[m] = (vi)in_order(_mm256_add_epi32((__m256i)acc[m], products));
                }
            }
        const vf scale = load(panel[b].scales + v * LANES);
        for (int m = 0; m < rows; m++)
            sum[m] += sum_as_floats(acc[m]) * (scale * inputs[b].scale[m]);
    }
    for (int m = 0; m < rows; m++) store(sums + m * CK_BAND + v * LANES, sum[m]);
}

INLINE void add_word_rows(int rows, const word_block *panel, const word_inputs *inputs, long blocks,
                          float *sums) {
    for (int v = 0; v < CK_BAND / LANES; v++) switch (rows) {
        case 1: add_word_strip(1, v, panel, inputs, blocks, sums); break;
        case 2: add_word_strip(2, v, panel, inputs, blocks, sums); break;
        case 3: add_word_strip(3, v, panel, inputs, blocks, sums); break;
        case 4: add_word_strip(4, v, panel, inputs, blocks, sums); break;
        case 5: add_word_strip(5, v, panel, inputs, blocks, sums); break;
        case 6: add_word_strip(6, v, panel, inputs, blocks, sums); break;
        }
}

// add_several of int_kernels.h.
INLINE void add_in_words(const ck_layout layout, const ck_panel *p) {
    word_block unpacked[WORD_BLOCKS];
    word_inputs inputs[WORD_BLOCKS];
    const long first = p->first / 32, blocks = p->columns / 32, count = p->count / 32;
    const long groups = (p->m + INPUT_ROWS - 1) / INPUT_ROWS;
    fetcher next =
        fetcher_of(p->next, p->next_bytes, groups * ((count + WORD_BLOCKS - 1) / WORD_BLOCKS));
    for (long start = 0; start < count; start += WORD_BLOCKS) {
        const long some = count - start < WORD_BLOCKS ? count - start : WORD_BLOCKS;
        unpack_words(layout, p->band, first + start, some, unpacked);
        for (long row = 0; row < p->m; row += INPUT_ROWS) {
            const int rows = p->m - row < INPUT_ROWS ? (int)(p->m - row) : INPUT_ROWS;
            widen_inputs((const int32_t *)p->inputs +
                             (row * blocks + (first + start) * INPUT_ROWS) * INPUT_WORDS,
                         some, inputs);
            fetch_share(&next);
            add_word_rows(rows, unpacked, inputs, some, p->sums + row * CK_BAND);
        }
    }
}
