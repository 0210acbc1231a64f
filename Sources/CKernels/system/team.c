#define _GNU_SOURCE
#include "ck_team.h"

#include "ck_signals.h"

#include <errno.h>
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

// The chunks that are left of one thread's span: [next, end), `next` in the lower half. Its thread
// takes the next one, others the last. A chunk that a compare-and-swap takes belongs to the current
// job, even if that began a moment ago: the job's function is read afterwards, and cannot change
// before the chunk is done.
typedef struct {
    _Alignas(64) _Atomic uint64_t left;
} span;

typedef struct {
    ck_team *team;
    int index;  // of its span; the caller's is 0
    pthread_t thread;
} worker;

struct ck_team {
    _Alignas(64) _Atomic uint32_t done;      // futex of the caller: chunks that are done
    _Atomic uint32_t is_awaited;             // the caller sleeps on it, or is about to
    _Alignas(64) _Atomic uint32_t sequence;  // futex: counts jobs
    _Atomic uint32_t sleepers;
    _Atomic uint32_t quit;
    _Atomic uint32_t busy;
    ck_chunk f;
    void *context;
    uint32_t chunks;  // of the job
    long spin_ns;
    int started, threads;
    int awake;        // the most workers that are woken for a job
    worker *workers;  // [threads - 1]
    span spans[];     // [threads]
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

static uint64_t span_of(uint64_t next, uint64_t end) { return end << 32 | next; }

// Takes the next chunk of a span, or the last; -1 when none is left.
static int take(span *span, int is_last) {
    uint64_t left = atomic_load_explicit(&span->left, memory_order_acquire);
    for (;;) {
        uint64_t next = left & UINT32_MAX, end = left >> 32;
        if (next >= end) return -1;
        uint64_t rest = is_last ? span_of(next, end - 1) : span_of(next + 1, end);
        if (atomic_compare_exchange_weak_explicit(&span->left, &left, rest, memory_order_acq_rel,
                                                  memory_order_acquire))
            return (int)(is_last ? end - 1 : next);
    }
}

static void sleep_on(_Atomic uint32_t *word, uint32_t value) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word, int count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

// Counts a chunk as done. With the last one the job may end at once, and the next one begin.
static void finish_chunk(ck_team *team) {
    const uint32_t chunks = team->chunks;
    if (atomic_fetch_add(&team->done, 1) + 1 == chunks && atomic_load(&team->is_awaited))
        wake(&team->done, 1);
}

// Runs chunks of a thread's span until none is left; returns 1 when there was one.
static int run_chunks(ck_team *team, int index, int is_last) {
    int any = 0;
    for (int chunk; (chunk = take(&team->spans[index], is_last)) >= 0; any = 1) {
        team->f(team->context, chunk);
        finish_chunk(team);
    }
    return any;
}

// Runs chunks of the thread's own span, then of the others'; returns 1 when there was one.
static int help(ck_team *team, int index) {
    int any = run_chunks(team, index, 0);
    for (int i = 1; i < team->threads; i++) any |= run_chunks(team, (index + i) % team->threads, 1);
    return any;
}

// Spins while a word is `value`. Returns 1 when it is something else, 0 when `ns` are over.
static int spin(_Atomic uint32_t *word, uint32_t value, long ns) {
    if (!ns) return atomic_load(word) != value;
    const long start = now_ns();
    for (unsigned spins = 1;; spins++) {
        if (atomic_load_explicit(word, memory_order_acquire) != value) return 1;
        pause_cpu();
        if ((spins & 31) == 0 && now_ns() - start > ns) return 0;
        if ((spins & 255) == 0) sched_yield();
    }
}

// A caller waits for chunks that are being computed, most of which take longer than a worker waits
// for its next job.
enum { CALLER_PATIENCE = 40 };

// Waits until all chunks are done. Those that are left may belong to threads without a core: a
// caller that spun for ever could keep them from one.
static void await_end(ck_team *team) {
    for (;;) {
        const uint32_t done = atomic_load_explicit(&team->done, memory_order_acquire);
        if (done == team->chunks) return;
        if (spin(&team->done, done, team->spin_ns * CALLER_PATIENCE)) continue;
        atomic_store(&team->is_awaited, 1);
        const uint32_t now = atomic_load(&team->done);
        if (now != team->chunks) sleep_on(&team->done, now);
        atomic_store(&team->is_awaited, 0);
    }
}

static void *work(void *argument) {
    const worker *self = argument;
    ck_team *team = self->team;
    for (;;) {
        uint32_t sequence = atomic_load(&team->sequence);
        if (atomic_load(&team->quit)) return NULL;
        if (help(team, self->index) || spin(&team->sequence, sequence, team->spin_ns)) continue;
        atomic_fetch_add(&team->sleepers, 1);
        if (atomic_load(&team->sequence) == sequence) sleep_on(&team->sequence, sequence);
        atomic_fetch_sub(&team->sleepers, 1);
    }
}

int ck_cpu_count(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) return 1;
    int count = CPU_COUNT(&allowed);
    return count > 0 ? count : 1;
}

ck_team *ck_team_create(int threads, int spin_us) {
    if (threads < 1) threads = 1;
    ck_team *team;
    size_t bytes = sizeof *team + sizeof(span) * (size_t)threads;
    int problem = posix_memalign((void **)&team, 64, bytes);
    if (problem) {
        errno = problem;
        return NULL;
    }
    // Threads that share a core take turns: one that spins keeps another from its work, and each one
    // that is woken takes the core from another.
    const int cores = ck_cpu_count();
    *team = (ck_team){.spin_ns = threads > cores ? 0 : spin_us * 1000L,
                      .threads = threads,
                      .awake = (threads < cores ? threads : cores) - 1};
    for (int i = 0; i < threads; i++) team->spans[i] = (span){0};
    team->workers = calloc((size_t)threads, sizeof(worker));
    if (!team->workers) {
        free(team);
        return NULL;
    }
    // Workers inherit the mask: signals are for the thread that shows the screen.
    sigset_t background, old;
    ck_background_signals(&background);
    pthread_sigmask(SIG_SETMASK, &background, &old);
    for (; team->started < threads - 1; team->started++) {
        worker *next = &team->workers[team->started];
        *next = (worker){.team = team, .index = team->started + 1};
        if ((problem = pthread_create(&next->thread, NULL, work, next))) break;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (team->started == threads - 1) return team;
    ck_team_destroy(team);
    errno = problem;
    return NULL;
}

void ck_team_run(ck_team *team, ck_chunk f, void *context, int chunks) {
    if (team->threads == 1 || chunks <= 1 || atomic_exchange(&team->busy, 1)) {
        for (int chunk = 0; chunk < chunks; chunk++) f(context, chunk);
        return;
    }
    team->f = f;
    team->context = context;
    team->chunks = (uint32_t)chunks;
    atomic_store_explicit(&team->done, 0, memory_order_relaxed);
    for (int i = 0; i < team->threads; i++)
        atomic_store_explicit(&team->spans[i].left,
                              span_of((uint64_t)ck_team_span(chunks, team->threads, i),
                                      (uint64_t)ck_team_span(chunks, team->threads, i + 1)),
                              memory_order_release);
    atomic_fetch_add(&team->sequence, 1);
    if (team->awake > 0 && atomic_load(&team->sleepers)) wake(&team->sequence, team->awake);
    help(team, 0);
    await_end(team);
    atomic_store(&team->busy, 0);
}

void ck_team_destroy(ck_team *team) {
    atomic_store(&team->quit, 1);
    atomic_fetch_add(&team->sequence, 1);
    wake(&team->sequence, team->threads);
    for (int i = 0; i < team->started; i++) pthread_join(team->workers[i].thread, NULL);
    free(team->workers);
    free(team);
}
