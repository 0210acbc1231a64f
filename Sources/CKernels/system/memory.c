#define _GNU_SOURCE
#include "ck_memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// Linux backs only whole, aligned regions of 2 MiB with huge pages.
#define HUGE_PAGE ((size_t)2 << 20)

enum { PAGE = 4096 };

// What is left over behind the last whole huge page stays in small ones: rounding each matrix of a
// 7B model up to huge pages would take 300 MiB.
static size_t mapped_bytes(size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }

void *ck_huge_alloc(size_t bytes) { return ck_map_pages(mapped_bytes(bytes)); }

void *ck_map_pages(size_t size) {
    size_t slack = size >= HUGE_PAGE ? HUGE_PAGE : 0;
    char *start =
        mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return NULL;
    if (!slack) return start;
    char *aligned = (char *)(((uintptr_t)start + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
    size_t before = (size_t)(aligned - start);
    if (before) munmap(start, before);
    if (slack > before) munmap(aligned + size, slack - before);
    madvise(aligned, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return aligned;
}

void ck_huge_free(void *memory, size_t bytes) {
    if (memory) munmap(memory, mapped_bytes(bytes));
}

void ck_spare_address_space(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 1);
#endif
}

void ck_drop_file_pages(const void *address, size_t bytes) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)address + page - 1) & ~(page - 1);
    uintptr_t end = ((uintptr_t)address + bytes) & ~(page - 1);
    if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
}
