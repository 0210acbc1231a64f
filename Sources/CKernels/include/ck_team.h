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

// A team of `threads` in all, the caller included. Workers spin `spin_us` microseconds for the next
// job before they sleep. Returns NULL and sets errno when memory or threads run out.
ck_team *ck_team_create(int threads, int spin_us);

// Runs f(context, 0) ... f(context, chunks - 1), in any order, and returns when all are done. When
// another thread is already running a job on this team, or `f` calls this, the caller runs all
// chunks itself.
void ck_team_run(ck_team *team, ck_chunk f, void *context, int chunks);

// Ends the workers. No job may be running.
void ck_team_destroy(ck_team *team);

#endif
