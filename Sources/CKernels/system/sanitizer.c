// What the address sanitizer is told in every program that is built with it (`make test-asan`), however
// that program was started.
#if __has_feature(address_sanitizer)

const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

// Threads have signal stacks of their own (signals.c), which the sanitizer would unmap as if it had
// made them. A bus error tells that a model file was changed (file_guard.c).
const char *__asan_default_options(void) { return "use_sigaltstack=0:handle_sigbus=0"; }

// Foundation leaks a buffer when it reads an empty file, and a little in each Process. OpenSSL does not
// free what it keeps for a thread that outlives the main one.
const char *__lsan_default_suppressions(void) { return "leak:libFoundation\nleak:libcrypto\n"; }

#else

// C has no empty files.
typedef int nothing_to_say;

#endif
