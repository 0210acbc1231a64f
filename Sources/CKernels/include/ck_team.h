// Fork-join over a team of threads.
//
// A job is cut into chunks. Each thread starts with a span of them and takes them in order, so that
// memory prefetched beyond a chunk belongs to its next one. A thread whose span is empty takes
// chunks from the ends of the others' spans. No thread has to take part: a worker that is asleep,
// or whose core is busy with another program, only fails to help.
#ifndef CK_TEAM_H
#define CK_TEAM_H

typedef struct ck_team ck_team;
typedef void (*ck_chunk)(void *context, int chunk);

// Threads that the process may run at once (its CPU affinity), at least 1.
int ck_cpu_count(void);

// The first chunk of a thread's span, 0 <= thread <= threads: it ends where the next thread's begins.
static inline int ck_team_span(int chunks, int threads, int thread) {
    return (int)((long)chunks * thread / threads);
}

// A team of `threads` in all, the caller included. A thread that waits, for the next job or for the
// end of this one, spins `spin_us` microseconds before it sleeps; in a team with more threads than
// the process may run at once it sleeps at once, and no more workers are woken for a job than can
// run beside the caller. Returns NULL and sets errno when memory or threads run out.
ck_team *ck_team_create(int threads, int spin_us);

// Runs f(context, 0) ... f(context, chunks - 1), in any order, and returns when all are done. When
// another thread is already running a job on this team, or `f` calls this, the caller runs all
// chunks itself.
void ck_team_run(ck_team *team, ck_chunk f, void *context, int chunks);

// Ends the workers. No job may be running.
void ck_team_destroy(ck_team *team);

#endif
