// What the kernels of ck_matrix.h add to sums at a time. Their tables have
//
//   add_one        sums [CK_BAND] += the product of a single input and a whole band
//   add_panel      sums += the products of several inputs and a panel: some columns of one band
//   panel_columns  of a panel; the last one of a band may have fewer
#ifndef PANEL_H
#define PANEL_H

#include "ck_matrix.h"

typedef struct {
    const void *band;
    long columns;        // of the band
    long first, count;   // columns of the panel
    const void *inputs;  // of the first row, prepared beside others (never alone)
    long m;              // rows
    float *sums;         // [m][CK_BAND]
    const void *next;    // what is multiplied after this panel, to be prefetched meanwhile
    long next_bytes;
} ck_panel;

#endif
