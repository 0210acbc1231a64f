// Working memory of each thread (ck_memory.h).
#include <pthread.h>
#include <stdlib.h>

#include "ck_memory.h"

typedef struct {
    void *start;
    size_t bytes;
} slot;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int failed;

static void release(void *value) {
    slot *slots = value;
    for (int i = 0; i < CK_SCRATCH_SLOTS; i++) ck_huge_free(slots[i].start, slots[i].bytes);
    free(slots);
}

static void create_key(void) { failed = pthread_key_create(&key, release); }

void *ck_scratch(ck_scratch_slot which, size_t bytes) {
    if (pthread_once(&once, create_key) || failed) return NULL;
    slot *slots = pthread_getspecific(key);
    if (!slots) {
        slots = calloc(CK_SCRATCH_SLOTS, sizeof *slots);
        if (!slots || pthread_setspecific(key, slots)) {
            free(slots);
            return NULL;
        }
    }
    slot *p = &slots[which];
    if (bytes > p->bytes) {
        ck_huge_free(p->start, p->bytes);
        p->start = ck_huge_alloc(bytes);
        p->bytes = p->start ? bytes : 0;
    }
    return p->start;
}
