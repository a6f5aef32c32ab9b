/* real.h -- the type that sums are kept in: double where WF_REAL_BITS is 64, else float. Sources that work on sums are
 * compiled once for each; what they export has the type in its name. Private. */
#ifndef WF_CPU_REAL_H
#define WF_CPU_REAL_H

#include <float.h>

#if defined(WF_REAL_BITS) && WF_REAL_BITS == 64
typedef double real;
#define WF_REAL_IS_FLOAT 0
#define WF_REAL(name)    name##_float64
#define WF_REAL_DTYPE    WF_FLOAT64
#define WF_REAL_MAX      DBL_MAX
#else
typedef float real;
#define WF_REAL_IS_FLOAT 1
#define WF_REAL(name)    name##_float32
#define WF_REAL_DTYPE    WF_FLOAT32
#define WF_REAL_MAX      FLT_MAX
#endif

#endif
