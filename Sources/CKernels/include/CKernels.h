// C kernels: threads, arithmetic over floats, packed matrices, attention. Each header is its own
// manual; every function that computes takes the instruction set it is to use.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_attention.h"
#include "ck_cache.h"
#include "ck_file_guard.h"
#include "ck_isa.h"
#include "ck_limits.h"
#include "ck_matrix.h"
#include "ck_memory.h"
#include "ck_openblas.h"
#include "ck_signals.h"
#include "ck_team.h"
#include "ck_types.h"
#include "ck_vector.h"

#endif
