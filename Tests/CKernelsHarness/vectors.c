// ck_vector.h against its definitions.
#include "ck_vector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void check_norms(long width) {
    float *x = random_floats(width, 1), *weight = random_floats(width, 1);
    float *bias = random_floats(width, 1), *y = memory(4 * width), *expected = memory(4 * width);
    double sum = 0, squares = 0, variance = 0;
    for (long i = 0; i < width; i++) sum += x[i], squares += (double)x[i] * x[i];
    const double mean = sum / (double)width;
    for (long i = 0; i < width; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)width;

    for (long i = 0; i < width; i++)
        expected[i] = (float)(x[i] / sqrt(squares / (double)width + 1e-5) * weight[i]);
    ck_rms_norm(isa, x, weight, width, 1e-5f, y);
    expect(largest_difference(y, expected, width), 2e-6, "rms_norm of %ld", width);

    for (long i = 0; i < width; i++)
        expected[i] = (float)((x[i] - mean) / sqrt(variance + 1e-5) * weight[i] + bias[i]);
    ck_layer_norm(isa, x, weight, bias, width, 1e-5f, y);
    expect(largest_difference(y, expected, width), 5e-6, "layer_norm of %ld", width);
    free(x), free(weight), free(bias), free(y), free(expected);
}

// Two heads, of which what is behind the pairs stays.
static void check_rope(long head_dim, long pairs) {
    float *x = random_floats(2 * head_dim, 1), *expected = memory(8 * head_dim);
    float *cosines = memory(4 * pairs), *sines = memory(4 * pairs);
    for (long i = 0; i < pairs; i++) {
        const double angle = 7 * pow(10000, -(double)i / (double)pairs);
        cosines[i] = (float)cos(angle), sines[i] = (float)sin(angle);
    }
    memcpy(expected, x, (size_t)(8 * head_dim));
    for (long h = 0; h < 2; h++)
        for (long i = 0; i < pairs; i++) {
            float *a = expected + h * head_dim + i, *b = a + pairs;
            const double first = *a, second = *b;
            *a = (float)(first * cosines[i] - second * sines[i]);
            *b = (float)(second * cosines[i] + first * sines[i]);
        }
    ck_rope(isa, x, cosines, sines, 2, head_dim, pairs);
    expect(largest_difference(x, expected, 2 * head_dim), 1e-6, "rope of %ld", head_dim);
    free(x), free(expected), free(cosines), free(sines);
}

static double quick_gelu(double x) { return x / (1 + exp(-1.702 * x)); }
static double tanh_gelu(double x) {
    return x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))) / 2;
}
static double erf_gelu(double x) { return x * (1 + erf(x / sqrt(2))) / 2; }
static double silu(double x) { return x / (1 + exp(-x)); }

enum { STEPS = 1622 };

static void check_activation(const char *name, void (*kernel)(ck_isa, const float *, long, float *),
                             double (*definition)(double), double tolerance) {
    float x[STEPS], expected[STEPS];
    for (int i = 0; i < STEPS; i++) {
        x[i] = -30 + 0.037f * (float)i;
        expected[i] = (float)definition(x[i]);
    }
    float y[STEPS];
    kernel(isa, x, STEPS, y);
    expect(largest_difference(y, expected, STEPS), tolerance, "%s", name);
    kernel(isa, x, STEPS, x);
    expect(largest_difference(x, expected, STEPS), tolerance, "%s in place", name);
}

static void check_gate(void) {
    float x[STEPS], up[STEPS], product[STEPS], sum[STEPS];
    for (int i = 0; i < STEPS; i++) {
        x[i] = -30 + 0.037f * (float)i;
        up[i] = 0.5f - x[i] / 100;
        product[i] = (float)(silu(x[i]) * up[i]);
        sum[i] = x[i] + up[i];
    }
    float y[STEPS];
    memcpy(y, x, sizeof x);
    ck_silu_multiply(isa, y, up, STEPS, y);
    expect(largest_difference(y, product, STEPS), 4e-6, "silu_multiply");
    ck_add(isa, x, up, STEPS);
    expect(largest_difference(x, sum, STEPS), 0, "add");
}

static void check_huge_numbers(void) {
    float x[] = {-3e38f, -1e20f, -1e13f, 1e13f, 1e20f, 3e38f}, y[6], expected[6];
    for (int i = 0; i < 6; i++) expected[i] = x[i] > 0 ? x[i] : 0;
    memcpy(y, x, sizeof x);
    ck_tanh_gelu(isa, y, 6, y);
    expect(largest_difference(y, expected, 6), 4, "tanh_gelu of huge numbers");
    ck_quick_gelu(isa, x, 6, x);
    expect(largest_difference(x, expected, 6), 4, "quick_gelu of huge numbers");
}

static void check_softmax(long count) {
    float *x = random_floats(count, 20), *expected = memory(4 * count);
    double most = x[0], total = 0;
    for (long i = 1; i < count; i++) most = fmax(most, x[i]);
    for (long i = 0; i < count; i++) total += exp(x[i] - most);
    for (long i = 0; i < count; i++) expected[i] = (float)(exp(x[i] - most) / total);
    const float logarithm = ck_log_sum_exp(isa, x, count);
    expect(fabs(logarithm - most - log(total)), 1e-5, "log_sum_exp of %ld", count);
    expect(fabsf(ck_softmax(isa, x, count) - logarithm), 0, "softmax's sum of %ld", count);
    expect(largest_difference(x, expected, count), 1e-6, "softmax of %ld", count);
    free(x), free(expected);
}

void check_vectors(void) {
    const long widths[] = {1, 3, 16, 37, 96}, counts[] = {1, 5, 16, 600};
    for (int i = 0; i < 5; i++) check_norms(widths[i]);
    for (int i = 0; i < 4; i++) check_softmax(counts[i]);
    check_rope(2, 1), check_rope(16, 8), check_rope(20, 10), check_rope(128, 64), check_rope(20, 6);
    check_activation("quick_gelu", ck_quick_gelu, quick_gelu, 4e-6);
    check_activation("tanh_gelu", ck_tanh_gelu, tanh_gelu, 4e-6);
    check_activation("gelu", ck_gelu, erf_gelu, 2e-6);
    check_gate();
    check_huge_numbers();
}
