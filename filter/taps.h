/* taps.h -- where taps lie and which of them count: the one rule for offsets and borders.
 *
 * Included by C, CUDA and, as its twin shaders/filter/taps.glsl, by GLSL. Everything else follows from these functions:
 * odd, even and rectangular kernels, dilation, gather's zeros outside and splat's dropped writes. */
#ifndef WF_TAPS_H
#define WF_TAPS_H

#include <stdint.h>

#ifdef __CUDACC__
#define WF_INLINE static __host__ __device__ __forceinline__
#else
#define WF_INLINE static inline
#endif

/* The offset, in pixels, of row or column `index` of a kernel `size` long. */
WF_INLINE int wf_tap_offset(int index, int size, int dilation)
{
    return (index - size / 2) * dilation;
}

/* The range first <= index < last of kernel rows (columns) whose pixel position + direction * offset lies
 * inside an image `extent` long. direction is +1 for gather (where the tap reads) and -1 for splat (the
 * source whose tap lands here). */
WF_INLINE void wf_tap_range(int64_t position, int64_t extent, int size, int dilation, int direction, int *first,
                            int *last)
{
    int64_t before = direction > 0 ? position : extent - 1 - position; /* pixels on the low side of the tap axis */
    int64_t after = extent - 1 - before;
    int64_t low = size / 2 - before / dilation;
    int64_t high = size / 2 + after / dilation + 1;
    *first = (int)(low < 0 ? 0 : low);
    *last = (int)(high > size ? size : high);
}

/* The same rule seen from a tap: the range first <= position < last of pixels whose position + offset lies
 * inside; empty where last <= first. */
WF_INLINE void wf_pixel_range(int64_t offset, int64_t extent, int64_t *first, int64_t *last)
{
    *first = offset < 0 ? -offset : 0;
    *last = offset > 0 ? extent - offset : extent;
}

#endif
