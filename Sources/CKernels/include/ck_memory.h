// Memory for large arrays.
#ifndef CK_MEMORY_H
#define CK_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// Zeroed memory of `bytes` (> 0), page-aligned, in huge pages where the system gives them (8 % more
// read bandwidth than 4 KiB pages). NULL when there is none. Release with ck_huge_free.
void *ck_huge_alloc(size_t bytes);
void ck_huge_free(void *memory, size_t bytes);

// The same for `bytes` that are whole pages, without rounding up to huge ones: only the huge pages
// that fit are asked for. Release with munmap, as a whole or from the end.
void *ck_map_pages(size_t bytes);

// Working memory that belongs to the calling thread until it asks for the same piece again, aligned to
// a page; NULL when there is none. The largest size asked for stays mapped until the thread ends: fresh
// pages would have to be cleared for every product.
typedef enum {
    CK_SCRATCH_KERNEL, CK_SCRATCH_INPUTS, CK_SCRATCH_ROWS, CK_SCRATCH_LAYERS, CK_SCRATCH_PIECES
} ck_scratch_piece;
void *ck_scratch(ck_scratch_piece piece, size_t bytes);

// Lets the pages that lie wholly inside [address, address + bytes) leave the resident set. Only for
// a mapping of a file that nobody writes: its pages are read again when touched.
void ck_drop_file_pages(const void *address, size_t bytes);

#endif
