#include <pthread.h>
#include <stdlib.h>

#include "ck_memory.h"

typedef struct {
    void *start;
    size_t bytes;
} piece;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int failed;

static void release(void *value) {
    piece *pieces = value;
    for (int i = 0; i < CK_SCRATCH_PIECES; i++) ck_huge_free(pieces[i].start, pieces[i].bytes);
    free(pieces);
}

static void create_key(void) { failed = pthread_key_create(&key, release); }

void *ck_scratch(ck_scratch_piece which, size_t bytes) {
    if (pthread_once(&once, create_key) || failed) return NULL;
    piece *pieces = pthread_getspecific(key);
    if (!pieces) {
        pieces = calloc(CK_SCRATCH_PIECES, sizeof *pieces);
        if (!pieces || pthread_setspecific(key, pieces)) {
            free(pieces);
            return NULL;
        }
    }
    piece *p = &pieces[which];
    if (bytes > p->bytes) {
        ck_huge_free(p->start, p->bytes);
        p->start = ck_huge_alloc(bytes);
        p->bytes = p->start ? bytes : 0;
    }
    return p->start;
}
