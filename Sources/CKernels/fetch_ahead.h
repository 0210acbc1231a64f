// Fetching memory that is read once, from beginning to end, ahead of its use.
#ifndef FETCH_AHEAD_H
#define FETCH_AHEAD_H

// First into the second-level cache, of whose misses more can be under way at once, then into the first.
// Found by trying: either alone reads a twentieth to a tenth less in a second.
enum { FETCH_FAR = 12 << 10, FETCH_NEAR = 4 << 10 };

// Fetches what lies ahead of the `bytes` at p.
static inline __attribute__((always_inline)) void fetch_ahead(const void *p, const long bytes) {
    for (long line = 0; line < bytes; line += 64) {
        __builtin_prefetch((const char *)p + FETCH_FAR + line, 0, 2);
        __builtin_prefetch((const char *)p + FETCH_NEAR + line, 0, 3);
    }
}

// Fetches the first bytes at p, which nothing has fetched yet.
static inline __attribute__((always_inline)) void fetch_start(const void *p, const long bytes) {
    for (long line = 0; line < bytes && line < FETCH_FAR; line += 64)
        __builtin_prefetch((const char *)p + line, 0, 2);
}

#endif
