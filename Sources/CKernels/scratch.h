// Working memory of kernels.
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stddef.h>

// `bytes` of memory, aligned to 64 bytes, that belong to the calling thread until its next call. The
// largest piece asked for stays mapped until the thread ends: fresh pages would have to be cleared for
// every product. NULL when there is none.
void *ck_scratch(size_t bytes);

#endif
