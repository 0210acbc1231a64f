// OpenBLAS, where it is installed: loaded when one of these functions, or a product under CK_OPENBLAS,
// first needs it.
#ifndef CK_OPENBLAS_H
#define CK_OPENBLAS_H

// The processor type whose kernels it runs, as it names it; NULL where it is not installed. It is
// told this processor's type, unless OPENBLAS_CORETYPE is set: Debian 12's takes newer processors for
// a Prescott.
const char *ck_openblas_core(void);

// 1 where that type's kernels are faster than those of CK_PORTABLE, else 0.
int ck_openblas_is_faster(void);

#endif
