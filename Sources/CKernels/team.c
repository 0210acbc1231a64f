#define _GNU_SOURCE
#include "ck_team.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// `word` holds, from the top: the job's generation, its number of chunks, the next chunk to take.
// One compare-and-swap takes a chunk; a stale worker's swap fails because the generation differs.
enum { FIELD_BITS = 20 };
#define FIELD_MASK ((1ull << FIELD_BITS) - 1)

struct ck_team {
    _Alignas(64) _Atomic uint64_t word;
    _Alignas(64) _Atomic uint32_t done;
    _Alignas(64) _Atomic uint32_t sequence;  // futex: counts jobs
    _Atomic uint32_t sleepers;
    _Atomic uint32_t quit;
    _Atomic uint32_t busy;
    ck_chunk f;
    void *context;
    int workers;
    long spin_ns;
    pthread_t threads[];
};

static void pause_cpu(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int has_work(uint64_t word) {
    return (word & FIELD_MASK) < ((word >> FIELD_BITS) & FIELD_MASK);
}

static int take(ck_team *team) {
    uint64_t word = atomic_load_explicit(&team->word, memory_order_acquire);
    while (has_work(word))
        if (atomic_compare_exchange_weak_explicit(&team->word, &word, word + 1,
                                                  memory_order_acq_rel, memory_order_acquire))
            return (int)(word & FIELD_MASK);
    return -1;
}

// Safe without a lock: f and context cannot change while a taken chunk is not done.
static int help(ck_team *team) {
    int any = 0;
    for (int chunk; (chunk = take(team)) >= 0; any = 1) {
        team->f(team->context, chunk);
        atomic_fetch_add_explicit(&team->done, 1, memory_order_acq_rel);
    }
    return any;
}

// Spins until work, the end, or the time is over. Returns 1 when there is something to look at.
static int spin(ck_team *team) {
    long start = now_ns();
    for (unsigned turn = 1;; turn++) {
        if (has_work(atomic_load_explicit(&team->word, memory_order_relaxed))) return 1;
        if (atomic_load_explicit(&team->quit, memory_order_relaxed)) return 1;
        pause_cpu();
        if ((turn & 31) == 0 && now_ns() - start > team->spin_ns) return 0;
    }
}

static void *work(void *argument) {
    ck_team *team = argument;
    for (;;) {
        uint32_t sequence = atomic_load(&team->sequence);
        if (atomic_load(&team->quit)) return NULL;
        if (help(team) || spin(team)) continue;
        atomic_fetch_add(&team->sleepers, 1);
        if (atomic_load(&team->sequence) == sequence)
            syscall(SYS_futex, &team->sequence, FUTEX_WAIT_PRIVATE, sequence, NULL, NULL, 0);
        atomic_fetch_sub(&team->sleepers, 1);
    }
}

static void wake(ck_team *team) {
    syscall(SYS_futex, &team->sequence, FUTEX_WAKE_PRIVATE, team->workers, NULL, NULL, 0);
}

int ck_cpu_count(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return 1;
    int count = CPU_COUNT(&allowed);
    return count > 0 ? count : 1;
}

ck_team *ck_team_create(int threads, int spin_us) {
    ck_team *team;
    int workers = threads > 1 ? threads - 1 : 0;
    if (posix_memalign((void **)&team, 64, sizeof *team + sizeof(pthread_t) * (size_t)workers))
        return NULL;
    *team = (ck_team){.spin_ns = spin_us * 1000L};
    // Signals are for the thread that shows the screen.
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (team->workers < workers &&
           pthread_create(&team->threads[team->workers], NULL, work, team) == 0)
        team->workers++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (team->workers == workers) return team;
    ck_team_destroy(team);
    return NULL;
}

void ck_team_run(ck_team *team, ck_chunk f, void *context, int chunks) {
    if (team->workers == 0 || chunks <= 1 || atomic_exchange(&team->busy, 1)) {
        for (int chunk = 0; chunk < chunks; chunk++) f(context, chunk);
        return;
    }
    team->f = f;
    team->context = context;
    atomic_store_explicit(&team->done, 0, memory_order_relaxed);
    uint64_t word = atomic_load_explicit(&team->word, memory_order_relaxed);
    uint64_t generation = (word >> (2 * FIELD_BITS)) + 1;
    atomic_store(&team->word, generation << (2 * FIELD_BITS) | (uint64_t)chunks << FIELD_BITS);
    atomic_fetch_add(&team->sequence, 1);
    if (atomic_load(&team->sleepers)) wake(team);
    help(team);
    for (unsigned turn = 1;
         atomic_load_explicit(&team->done, memory_order_acquire) != (uint32_t)chunks; turn++) {
        pause_cpu();
        if ((turn & 255) == 0) sched_yield();
    }
    atomic_store(&team->busy, 0);
}

void ck_team_destroy(ck_team *team) {
    atomic_store(&team->quit, 1);
    atomic_fetch_add(&team->sequence, 1);
    wake(team);
    for (int i = 0; i < team->workers; i++) pthread_join(team->threads[i], NULL);
    free(team);
}
