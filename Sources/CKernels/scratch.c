#include "scratch.h"

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
    piece *p = value;
    ck_huge_free(p->start, p->bytes);
    free(p);
}

static void create_key(void) { failed = pthread_key_create(&key, release); }

void *ck_scratch(size_t bytes) {
    if (pthread_once(&once, create_key) || failed) return NULL;
    piece *p = pthread_getspecific(key);
    if (!p) {
        p = calloc(1, sizeof *p);
        if (!p || pthread_setspecific(key, p)) {
            free(p);
            return NULL;
        }
    }
    if (bytes > p->bytes) {
        ck_huge_free(p->start, p->bytes);
        p->start = ck_huge_alloc(bytes);
        p->bytes = p->start ? bytes : 0;
    }
    return p->start;
}
