// Fork-join over a team of threads.
//
// A job is cut into chunks, and each thread starts with a span of them, in order: what it fetches ahead
// of its chunk is what it needs next. A thread that is done takes chunks from the ends of the others'
// spans. A worker that is late, asleep, or whose core is busy with another program costs nothing but
// its help, so the result never waits for a thread that has not taken a chunk.
#ifndef CK_TEAM_H
#define CK_TEAM_H

typedef struct ck_team ck_team;
typedef void (*ck_chunk)(void *context, int chunk);

// Threads that the process may run at once (its CPU affinity), at least 1.
int ck_cpu_count(void);

// A team of `threads` in all, the caller included. Workers spin `spin_us` microseconds for the next
// job before they sleep. Returns NULL when memory or threads run out.
ck_team *ck_team_create(int threads, int spin_us);

// Runs f(context, 0) ... f(context, chunks - 1), in any order, and returns when all are done.
// When another thread is already running a job on this team (or `f` calls this), the
// caller runs all chunks itself.
void ck_team_run(ck_team *team, ck_chunk f, void *context, int chunks);

// Ends the workers. No job may be running.
void ck_team_destroy(ck_team *team);

#endif
