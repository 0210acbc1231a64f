// The signals that threads of the engine block.
#ifndef CK_SIGNALS_H
#define CK_SIGNALS_H

#include <signal.h>

// All signals but those that a thread raises itself (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT,
// SIGSYS). If one of those is blocked on the thread that raises it, the kernel ends the process
// without calling the handler, which would restore the terminal.
void ck_background_signals(sigset_t *set);

// Blocks the signals of ck_background_signals on the calling thread, so that they reach the thread
// that shows the screen. Also gives the calling thread a stack of its own for handlers, so that an
// overflow of its stack is handled, too. The thread frees that stack when it ends.
void ck_leave_signals_to_main_thread(void);

#endif
