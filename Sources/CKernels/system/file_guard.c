#define _GNU_SOURCE
#include "ck_file_guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// A model in shards has at most a few hundred files.
#define GUARDS 1024

// Static, because a signal handler can reach nothing else. `start` is 0 while the guard is free.
typedef struct {
    atomic_uintptr_t start, end;
    atomic_bool is_lost;
} file_guard;

static file_guard guards[GUARDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction action_before;

// Maps zeros over everything from the page that cannot be read to the file's end, all of which was
// cut off.
static bool replace_rest(uintptr_t address) {
    uintptr_t page = address & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    for (int i = 0; i < GUARDS; i++) {
        uintptr_t start = atomic_load(&guards[i].start), end = atomic_load(&guards[i].end);
        if (!start || address < start || address >= end) continue;
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
        if (mmap((void *)page, end - page, PROT_READ, flags, -1, 0) == MAP_FAILED) return false;
        atomic_store(&guards[i].is_lost, true);
        return true;
    }
    return false;
}

// The read is repeated when the handler returns. If it was not a read of a guarded file, the action
// that was installed before handles the repetition.
static void on_bus_error(int number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    bool was_sent = info->si_code <= 0;
    if (was_sent || !replace_rest((uintptr_t)info->si_addr)) {
        sigaction(SIGBUS, &action_before, NULL);
        if (was_sent) raise(number);
    }
    errno = saved;
}

// Code that installs its own action later, as the terminal's does, is called after this handler
// once another file is guarded.
static void install(void) {
    struct sigaction now;
    sigaction(SIGBUS, NULL, &now);
    if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_bus_error) return;
    action_before = now;
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGBUS, &action, NULL);
}

int ck_guard_file(const void *start, size_t bytes) {
    pthread_mutex_lock(&lock);
    install();
    int guard = 0;
    while (guard < GUARDS && atomic_load(&guards[guard].start)) guard++;
    if (guard == GUARDS) {
        guard = -1;
    } else {
        atomic_store(&guards[guard].is_lost, false);
        atomic_store(&guards[guard].end, (uintptr_t)start + bytes);
        atomic_store(&guards[guard].start, (uintptr_t)start);
    }
    pthread_mutex_unlock(&lock);
    return guard;
}

bool ck_file_is_lost(int guard) { return guard >= 0 && atomic_load(&guards[guard].is_lost); }

void ck_release_file(int guard) {
    if (guard >= 0) atomic_store(&guards[guard].start, 0);
}
