// Mapped files that another program may cut short while they are read. Reading beyond the new end
// of such a file raises SIGBUS, which would end the process without a message.
#ifndef CK_FILE_GUARD_H
#define CK_FILE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

// Guards the mapping [start, start + bytes), which begins at a page. Where the file cannot be read,
// zeros are read instead, and ck_file_is_lost reports it afterwards. Returns the guard's number, or
// -1 when too many files are guarded already; then this one is not. May be called on any thread.
int ck_guard_file(const void *start, size_t bytes);

// Whether a part of the guarded file could not be read.
bool ck_file_is_lost(int guard);

// Ends a guard. Call it before the file is unmapped.
void ck_release_file(int guard);

#endif
