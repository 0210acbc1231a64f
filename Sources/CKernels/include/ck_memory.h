// Memory for large arrays.
#ifndef CK_MEMORY_H
#define CK_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// Zeroed memory of `bytes` (> 0), page-aligned, in huge pages (8 % more read bandwidth than 4 KiB
// pages) as far as whole ones fit and the system gives them. NULL when there is none. Release with
// ck_huge_free.
void *ck_huge_alloc(size_t bytes);
void ck_huge_free(void *memory, size_t bytes);

// The same for `bytes` that are whole pages. Release with munmap, as a whole or from the end.
void *ck_map_pages(size_t bytes);

// Working memory that belongs to the calling thread until it asks for the same slot again, aligned
// to a page; NULL when there is none. The largest size asked for stays mapped until the thread
// ends: Linux would have to clear fresh pages for every product.
typedef enum {
    CK_SCRATCH_KERNEL,  // what a C function needs until it returns
    CK_SCRATCH_BAND,    // weights of one band as floats
    CK_SCRATCH_INPUTS,  // prepared inputs of a product
    CK_SCRATCH_ROWS,    // rows of an input before they are prepared
    CK_SCRATCH_LAYERS,  // what a layer of a model computes with
    CK_SCRATCH_SLOTS
} ck_scratch_slot;
void *ck_scratch(ck_scratch_slot slot, size_t bytes);

// Lets all threads allocate from one heap where the address space is limited (ulimit -v): glibc would
// set 64 MiB or more of it aside for each thread, after the space that is left was measured. To be
// called before threads are started.
void ck_spare_address_space(void);

// Takes the pages that lie wholly inside [address, address + bytes) out of the resident set. Only
// for a mapping of a file that nobody writes: its pages are read again when they are touched.
void ck_drop_file_pages(const void *address, size_t bytes);

#endif
