#define _GNU_SOURCE
#include "ck_signals.h"

#include <pthread.h>
#include <stdlib.h>

void ck_background_signals(sigset_t *set) {
    static const int raised[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(set);
    for (size_t i = 0; i < sizeof raised / sizeof *raised; i++) sigdelset(set, raised[i]);
}

// The calling thread's stack for handlers.
static pthread_key_t stack_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int failed;

static void release(void *start) {
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    free(start);
}

static void create_key(void) { failed = pthread_key_create(&stack_key, release); }

// A stack that cannot be had is done without: only an overflow of the thread's own stack needs it.
static void take_signal_stack(void) {
    if (pthread_once(&once, create_key) || failed || pthread_getspecific(stack_key)) return;
    const size_t bytes = 64 * 1024;
    stack_t stack = {.ss_sp = malloc(bytes), .ss_size = bytes};
    if (!stack.ss_sp) return;
    if (pthread_setspecific(stack_key, stack.ss_sp)) free(stack.ss_sp);
    else sigaltstack(&stack, NULL);
}

void ck_leave_signals_to_main_thread(void) {
    sigset_t set;
    ck_background_signals(&set);
    pthread_sigmask(SIG_SETMASK, &set, NULL);
    take_signal_stack();
}
