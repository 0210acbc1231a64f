// Prefetching of memory that is read once, from beginning to end.
#ifndef FETCH_AHEAD_H
#define FETCH_AHEAD_H

// Bytes ahead. A line is prefetched into the second-level cache, which can wait for more misses at
// once, and later into the first. Measured: either alone reads 5 to 10 % less per second.
enum { FETCH_FAR = 12 << 10, FETCH_NEAR = 4 << 10 };

// Prefetches what lies ahead of the `bytes` at p.
static inline __attribute__((always_inline)) void fetch_ahead(const void *p, const long bytes) {
    for (long line = 0; line < bytes; line += 64) {
        __builtin_prefetch((const char *)p + FETCH_FAR + line, 0, 2);
        __builtin_prefetch((const char *)p + FETCH_NEAR + line, 0, 3);
    }
}

// Prefetches the first bytes at p, which no fetch_ahead has reached.
static inline __attribute__((always_inline)) void fetch_start(const void *p, const long bytes) {
    for (long line = 0; line < bytes && line < FETCH_FAR; line += 64)
        __builtin_prefetch((const char *)p + line, 0, 2);
}

// Bytes that are prefetched into the second-level cache while other work goes on, a share at a time.
typedef struct {
    const char *next, *end;
    long share;  // bytes, whole lines
} fetcher;

// `count` bytes in `shares` shares.
static inline fetcher fetcher_of(const void *start, long count, long shares) {
    return (fetcher){start, (const char *)start + count, (count / shares + 64) / 64 * 64};
}

static inline __attribute__((always_inline)) void fetch_share(fetcher *f) {
    const char *end = f->end - f->next < f->share ? f->end : f->next + f->share;
    for (; f->next < end; f->next += 64) __builtin_prefetch(f->next, 0, 2);
}

#endif
