// Mapped files that another program may cut short while they are read. Reading behind the new end of
// such a file raises SIGBUS, which would end the process without a word.
#ifndef CK_FILE_GUARD_H
#define CK_FILE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

// Guards the mapping [start, start + bytes), which begins at a page: where the file cannot be read,
// zeros are read instead, and ck_file_is_lost says so afterwards. Returns the guard's number, or -1
// when too many files are guarded; this one then is not. May be called on any thread.
int ck_guard_file(const void *start, size_t bytes);

// Whether a part of the guarded file could not be read.
bool ck_file_is_lost(int guard);

// Ends a guard, before the mapping goes away.
void ck_release_file(int guard);

#endif
