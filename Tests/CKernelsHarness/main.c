#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

ck_isa isa;
static int comparisons, failures;
static uint64_t state = 1;

float random_float(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)(state >> 40) / (float)(1 << 23) - 1;
}

float *random_floats(long count, float scale) {
    float *x = memory(count * (long)sizeof(float));
    for (long i = 0; i < count; i++) x[i] = random_float() * scale;
    return x;
}

void *memory(long bytes) {
    size_t whole = ((size_t)bytes + 127) / 64 * 64;
    void *p = aligned_alloc(64, whole);
    if (!p) {
        fputs("no memory is left for the tests\n", stderr);
        exit(2);
    }
    return memset(p, 0, whole);
}

double largest_difference(const float *a, const float *b, long count) {
    double most = 0;
    for (long i = 0; i < count; i++) {
        double difference = fabs((double)a[i] - b[i]);
        if (!(difference <= most)) most = isnan(difference) ? INFINITY : difference;
    }
    return most;
}

void expect(double difference, double tolerance, const char *format, ...) {
    comparisons++;
    if (difference <= tolerance) return;
    failures++;
    va_list arguments;
    va_start(arguments, format);
    printf("%s: ", ck_isa_name(isa));
    vprintf(format, arguments);
    printf(": differs by %g, at most %g is allowed\n", difference, tolerance);
    va_end(arguments);
}

// Arguments: names of instruction sets that have to be there, so that a run cannot pass by leaving
// them out.
int main(int count, char **names) {
    for (isa = CK_PORTABLE; isa <= CK_I8MM; isa++) {
        if (!ck_isa_available(isa) || isa == CK_AMX) continue;
        for (int i = 1; i < count; i++)
            if (names[i] && !strcmp(names[i], ck_isa_name(isa))) names[i] = NULL;
        comparisons = 0;
        check_vectors();
        check_float_products();
        check_integer_products();
        check_attention();
        printf("%s: %d comparisons\n", ck_isa_name(isa), comparisons);
    }
    for (int i = 1; i < count; i++)
        if (names[i]) {
            printf("%s: not available here\n", names[i]);
            failures++;
        }
    printf(failures ? "%d failures\n" : "all agree\n", failures);
    return failures != 0;
}
