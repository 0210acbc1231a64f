// Hides instruction sets from a program that asks the processor for them:
//
//   clang -shared -fPIC -O2 hide_instructions.c -o hide.so && HIDE_ABOVE=avx2 LD_PRELOAD=./hide.so PROGRAM
//
// HIDE_ABOVE is avx2, avxvnni, avx512 or amx (which hides nothing). Linux lets the instruction cpuid
// fault on processors with cpuid_fault in /proc/cpuinfo; the handler executes it and clears what is to
// be hidden. Threads inherit that.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { ARCH_SET_CPUID = 0x1012 };

#define BIT(n) (1u << (n))

// What cpuid says beyond AVX2 in leaf 7, in its first part and in its second.
static const uint32_t avx512_ebx =
    BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
static const uint32_t avx512_ecx = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
static const uint32_t avx512_edx = BIT(2) | BIT(3) | BIT(8), fp16_edx = BIT(23);
static const uint32_t amx_edx = BIT(22) | BIT(24) | BIT(25);
static const uint32_t vnni_eax = BIT(4), bf16_eax = BIT(5), amx_eax = BIT(21), ifma_eax = BIT(23);

static int level;  // 0 avx2, 1 avxvnni, 2 avx512 with VNNI, 3 amx

static void hide(uint32_t leaf, uint32_t sub, uint32_t r[4]) {
    if (leaf != 7 || level == 3) return;
    if (sub == 0) {
        r[3] &= ~(amx_edx | fp16_edx);
        if (level == 2) return;
        r[1] &= ~avx512_ebx;
        r[2] &= ~avx512_ecx;
        r[3] &= ~avx512_edx;
    } else if (sub == 1) {
        r[0] &= ~(bf16_eax | amx_eax | ifma_eax);
        r[3] = 0;
        if (level == 0) r[0] &= ~vnni_eax;
    }
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)info;
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (memcmp((const void *)g[REG_RIP], "\x0f\xa2", 2)) {
        struct sigaction usual = {.sa_handler = SIG_DFL};
        sigaction(signal, &usual, NULL);
        return;
    }
    const uint32_t leaf = (uint32_t)g[REG_RAX], sub = (uint32_t)g[REG_RCX];
    uint32_t r[4];
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __asm__ volatile("cpuid"
                     : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
                     : "a"(leaf), "c"(sub));
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    hide(leaf, sub, r);
    g[REG_RAX] = r[0], g[REG_RBX] = r[1], g[REG_RCX] = r[2], g[REG_RDX] = r[3];
    g[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void) {
    static const char *const levels[] = {"avx2", "avxvnni", "avx512", "amx"};
    const char *above = getenv("HIDE_ABOVE");
    for (level = 3; level >= 0; level--)
        if (above && !strcmp(above, levels[level])) break;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (level < 0 || sigaction(SIGSEGV, &action, NULL) ||
        syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0)) {
        static const char message[] =
            "hide_instructions: HIDE_ABOVE is wrong, or cpuid cannot fault\n";
        if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(2);
        _exit(2);
    }
}
