#define _GNU_SOURCE
#include "ck_signals.h"

#include <stdlib.h>

void ck_background_signals(sigset_t *set) {
    static const int raised[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof raised / sizeof *raised; i++) sigdelset(set, raised[i]);
}

void ck_leave_signals_to_main_thread(void) {
    sigset_t set;
    ck_background_signals(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    size_t bytes = 64 * 1024;
    stack_t stack = {.ss_sp = malloc(bytes), .ss_size = bytes};
    if (stack.ss_sp) sigaltstack(&stack, NULL);
}
