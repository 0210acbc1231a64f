// Which signals a thread of the engine takes.
#ifndef CK_SIGNALS_H
#define CK_SIGNALS_H

#include <signal.h>

// All signals but those that a thread raises itself (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT,
// SIGSYS). When one of these is blocked where it is raised, the kernel ends the process without
// calling its handler, and the handler is what restores the terminal.
void ck_background_signals(sigset_t *set);

// Blocks these signals on the calling thread, so that they reach the thread that shows the screen,
// and gives the thread a stack of its own for handlers: an overflow of its stack is then handled,
// too. That stack is never freed.
void ck_leave_signals_to_main_thread(void);

#endif
