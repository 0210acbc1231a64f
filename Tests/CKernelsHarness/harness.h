// The cases of Tests/InferenceTests/Kernels*Tests.swift in C, for processors that Swift's tests do
// not run on: every kernel against its definition in double precision.
#ifndef HARNESS_H
#define HARNESS_H

#include "ck_isa.h"

// The instruction set under test.
extern ck_isa isa;

// Pseudo-random numbers in [-1, 1], always the same ones.
float random_float(void);

// `count` of them times `scale`, in memory from the system.
float *random_floats(long count, float scale);

// Memory for `bytes`, on a cache line and cleared; the program ends where there is none.
void *memory(long bytes);

// The largest |a[i] - b[i]|; infinite where one of them is no number.
double largest_difference(const float *a, const float *b, long count);

// Counts a comparison and, unless difference <= tolerance, a failure that it describes.
void expect(double difference, double tolerance, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void check_vectors(void);
void check_float_products(void);
void check_integer_products(void);
void check_attention(void);

#endif
