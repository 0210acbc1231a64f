#ifndef CKERNELS_H
#define CKERNELS_H
#include "ck_cache.h"
#endif
