#define _GNU_SOURCE
#include "CTerm.h"
#include "restore.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// --- Giving the terminal back ---

static struct termios modes_before, modes_taken;
static char restore_bytes[1024];
static size_t restore_length;
static const char *crash_notice;
static volatile sig_atomic_t is_armed;

void restore_begin(const struct termios *modes) {
    modes_before = modes_taken = *modes;
    restore_length = 0;
}

void restore_add(const char *bytes) {
    size_t length = bytes ? strlen(bytes) : 0;
    if (restore_length + length > sizeof restore_bytes) return;
    memcpy(restore_bytes + restore_length, bytes ? bytes : "", length);
    restore_length += length;
}

void restore_notice(const char *notice) {
    static char copy[512];
    strncpy(copy, notice ? notice : "", sizeof copy - 1);
    crash_notice = copy;
}

void restore_taken_modes(const struct termios *modes) { modes_taken = *modes; }

void restore_arm(bool armed) { is_armed = armed; }

// Writes without blocking, and gives up when the terminal takes nothing for 200 ms.
static void write_briefly(const char *bytes, size_t length) {
    int flags = fcntl(STDOUT_FILENO, F_GETFL);
    fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
    while (length > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, length);
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
            continue;
        }
        struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
        if (errno == EINTR) continue;
        if (errno != EAGAIN || poll(&room, 1, 200) <= 0) break;
    }
    fcntl(STDOUT_FILENO, F_SETFL, flags);
}

// tcsetattr() stops a process in the background unless it blocks SIGTTOU.
static void set_modes(const struct termios *modes) {
    sigset_t stop, old;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &stop, &old);
    tcsetattr(STDIN_FILENO, TCSANOW, modes);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void restore_now(bool with_notice) {
    if (!is_armed) return;
    is_armed = 0;
    write_briefly(restore_bytes, restore_length);
    set_modes(&modes_before);
    if (with_notice && crash_notice) write_briefly(crash_notice, strlen(crash_notice));
}

// --- Signals ---

static int signal_descriptor = -1;
// What the main thread was asked for and has not done yet.
static volatile sig_atomic_t asked_to_end, asked_to_stop;
static volatile sig_atomic_t has_stopped;

// The main thread may be stuck: it writes to a terminal that nobody reads, for example.
static void arm_watchdog(void) {
    struct itimerval second = {.it_value = {.tv_sec = 1}};
    setitimer(ITIMER_REAL, &second, NULL);
}

void signals_disarm_watchdog(void) {
    struct itimerval never = {0};
    setitimer(ITIMER_REAL, &never, NULL);
    asked_to_stop = 0;
}

bool signals_take_stop(void) {
    bool stopped = has_stopped;
    has_stopped = 0;
    return stopped;
}

static void report(int number) {
    int saved = errno;
    if (number == SIGTERM || number == SIGHUP) asked_to_end = number;
    if (number == SIGTSTP) asked_to_stop = 1;
    if (number == SIGTERM || number == SIGHUP || number == SIGTSTP) arm_watchdog();
    unsigned char byte = (unsigned char)number;
    if (signal_descriptor >= 0) (void)!write(signal_descriptor, &byte, 1);
    errno = saved;
}

static void crash(int number) {
    restore_now(true);
    raise(number);  // SA_RESETHAND: the default action, with the true exit status
}

static void end(int number) {
    restore_now(false);
    raise(number);
}

// The main thread did not come to what it was asked for.
static void overdue(int number) {
    int saved = errno;
    if (asked_to_end) {
        restore_now(false);
        _exit(128 + asked_to_end);
    }
    if (!asked_to_stop) {  // somebody else's SIGALRM
        signal(number, SIG_DFL);
        restore_now(false);
        sigset_t alarm;
        sigemptyset(&alarm);
        sigaddset(&alarm, number);
        pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
        raise(number);
    }
    bool was_armed = is_armed;
    asked_to_stop = 0;
    restore_now(false);
    has_stopped = 1;
    raise(SIGSTOP);
    if (was_armed) {
        set_modes(&modes_taken);
        is_armed = 1;
    }
    errno = saved;
}

static void handle(int number, void (*handler)(int), int flags, sigset_t *handled) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(number, &action, NULL);
    sigaddset(handled, number);
}

void cterm_signals(int descriptor) {
    static const int reported[] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT};
    static const int crashes[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGSYS};
    static const int ends[] = {SIGQUIT, SIGXCPU, SIGVTALRM, SIGPROF, SIGUSR1,
                               SIGUSR2, SIGPOLL, SIGSTKFLT, SIGPWR};
    signal_descriptor = descriptor;
    // A stack of its own, so that an overflowing stack still restores the terminal.
    static char stack[64 * 1024];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    sigset_t handled;
    sigemptyset(&handled);
    int once = SA_NODEFER | SA_RESETHAND | SA_ONSTACK;
    for (size_t i = 0; i < sizeof reported / sizeof *reported; i++)
        handle(reported[i], report, 0, &handled);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        handle(crashes[i], crash, once, &handled);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) handle(ends[i], end, once, &handled);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) handle(number, end, once, &handled);
    handle(SIGALRM, overdue, 0, &handled);
    // A parent may have left them blocked.
    pthread_sigmask(SIG_UNBLOCK, &handled, NULL);
    // Writing then fails with EPIPE or EFBIG, which become sentences.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}
