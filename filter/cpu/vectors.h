/* vectors.h -- vectors of reals in the widest registers of the instruction set that a file is compiled for.
 * Private; included by rows.c and lines.h alone.
 *
 * A vector has LANES elements. What takes `lanes` works on all of them or, at the ends of rows, on the first ones: no
 * other element of memory is touched, and the other lanes are 0. Types and lanes are known where these are inlined. */
#ifndef WF_CPU_VECTORS_H
#define WF_CPU_VECTORS_H

#include <math.h>
#include <stdint.h>

#include "half.h"
#include "real.h"
#include "wf.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64 };
#elif defined(__AVX2__)
enum { VECTOR_BYTES = 32 };
#else
enum { VECTOR_BYTES = 16 };
#endif
enum { LANES = VECTOR_BYTES / sizeof(real), IS_WIDE = VECTOR_BYTES > 16 };

/* Sanitizers check the same steps where these are called, in a tenth of the time that it takes to
   compile all they are inlined to. */
#if defined(__SANITIZE_ADDRESS__)
#define ALWAYS_INLINE inline
#else
#define ALWAYS_INLINE inline __attribute__((always_inline))
#endif

typedef real vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

#if WF_REAL_IS_FLOAT
typedef int32_t integer;
#else
typedef int64_t integer;
#endif
typedef integer integers __attribute__((vector_size(VECTOR_BYTES)));

/* ---- Storage ----------------------------------------------------------------------------------------------------- */

static inline float bfloat_to_float(uint16_t bfloat)
{
    return wf_float_of((uint32_t)bfloat << 16);
}

static inline uint16_t float_to_bfloat(float value)
{
    uint32_t bits = wf_float_bits(value), magnitude = bits & 0x7fffffff;
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)(magnitude > 0x7f800000 ? bits >> 16 | 0x7fc0 : rounded);
}

/* One element, of a type known where this is inlined. */
static inline real load_scalar(const void *row, const wf_dtype dtype, int64_t i)
{
    switch (dtype) {
    case WF_FLOAT16:
        return wf_half_to_float(((const uint16_t *)row)[i]);
    case WF_BFLOAT16:
        return bfloat_to_float(((const uint16_t *)row)[i]);
    default:
        return ((const real *)row)[i];
    }
}

static inline void store_scalar(void *row, const wf_dtype dtype, int64_t i, real value)
{
    switch (dtype) {
    case WF_FLOAT16:
        ((uint16_t *)row)[i] = wf_float_to_half((float)value);
        break;
    case WF_BFLOAT16:
        ((uint16_t *)row)[i] = float_to_bfloat((float)value);
        break;
    default:
        ((real *)row)[i] = value;
        break;
    }
}

/* ---- Vectors ----------------------------------------------------------------------------------------------------- */

/* In each lane what float_to_bfloat returns. */
static inline integers bfloats_of(vector value)
{
    const integers bits = (integers)value, rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16 & 0xffff;
    const integers is_nan = (bits & 0x7fffffff) > 0x7f800000;
    return (is_nan & ((bits >> 16 & 0xffff) | 0x7fc0)) | (~is_nan & rounded);
}

#if defined(__AVX512F__)
static inline __mmask16 first(int64_t lanes)
{
    return (__mmask16)((1u << lanes) - 1);
}

static inline vector widen(__m256i stored, const wf_dtype dtype)
{
    return dtype == WF_FLOAT16 ? (vector)_mm512_cvtph_ps(stored)
                               : (vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(stored), 16);
}

static inline __m256i narrow(vector value, const wf_dtype dtype)
{
    if (dtype == WF_FLOAT16)
        return _mm512_cvtps_ph((__m512)value, _MM_FROUND_TO_NEAREST_INT);
    return _mm512_cvtepi32_epi16((__m512i)bfloats_of(value));
}
#elif defined(__AVX2__)
static inline vector widen(__m128i stored, const wf_dtype dtype)
{
    return dtype == WF_FLOAT16 ? (vector)_mm256_cvtph_ps(stored)
                               : (vector)_mm256_slli_epi32(_mm256_cvtepu16_epi32(stored), 16);
}

static inline __m128i narrow(vector value, const wf_dtype dtype)
{
    if (dtype == WF_FLOAT16)
        return _mm256_cvtps_ph((__m256)value, _MM_FROUND_TO_NEAREST_INT);
    const __m256i bfloats = (__m256i)bfloats_of(value);
    return _mm_packus_epi32(_mm256_castsi256_si128(bfloats), _mm256_extracti128_si256(bfloats, 1));
}
#endif

static inline integers lane_numbers(void)
{
    integers lane;
    for (int k = 0; k < LANES; k++)
        lane[k] = k;
    return lane;
}

static inline vector load_some(const void *row, const wf_dtype dtype, int64_t i, int64_t lanes)
{
#if defined(__AVX512F__)
    if (dtype != WF_REAL_DTYPE)
        return widen(_mm256_maskz_loadu_epi16(first(lanes), (const uint16_t *)row + i), dtype);
    return WF_REAL_IS_FLOAT ? (vector)_mm512_maskz_loadu_ps(first(lanes), (const real *)row + i)
                            : (vector)_mm512_maskz_loadu_pd((__mmask8)first(lanes), (const real *)row + i);
#else
#if defined(__AVX2__) && WF_REAL_IS_FLOAT
    if (dtype == WF_REAL_DTYPE)
        return (vector)_mm256_maskload_ps((const real *)row + i, (__m256i)(lane_numbers() < (integer)lanes));
#endif
    vector loaded = {0};
    for (int64_t lane = 0; lane < lanes; lane++)
        loaded[lane] = load_scalar(row, dtype, i + lane);
    return loaded;
#endif
}

static inline vector load_all(const void *row, const wf_dtype dtype, int64_t i)
{
    if (dtype == WF_REAL_DTYPE)
        return *(const vector *)((const real *)row + i);
#if defined(__AVX512F__)
    return widen(_mm256_loadu_si256((const __m256i *)(const void *)((const uint16_t *)row + i)), dtype);
#elif defined(__AVX2__)
    return widen(_mm_loadu_si128((const __m128i *)(const void *)((const uint16_t *)row + i)), dtype);
#else
    return load_some(row, dtype, i, LANES);
#endif
}

static inline void store_all(void *row, const wf_dtype dtype, int64_t i, vector value)
{
    if (dtype == WF_REAL_DTYPE) {
        *(vector *)((real *)row + i) = value;
        return;
    }
#if defined(__AVX512F__)
    _mm256_storeu_si256((__m256i *)(void *)((uint16_t *)row + i), narrow(value, dtype));
#elif defined(__AVX2__)
    _mm_storeu_si128((__m128i *)(void *)((uint16_t *)row + i), narrow(value, dtype));
#else
    for (int lane = 0; lane < LANES; lane++)
        store_scalar(row, dtype, i + lane, value[lane]);
#endif
}

/* Elements `stride` apart. */
static ALWAYS_INLINE void store_row(void *restrict to, const wf_dtype dtype, int64_t stride, const real *restrict from,
                                    int64_t count)
{
    int64_t i = 0;
    for (; IS_WIDE && stride == 1 && i + LANES <= count; i += LANES)
        store_all(to, dtype, i, load_all(from, WF_REAL_DTYPE, i));
    for (; i < count; i++)
        store_scalar(to, dtype, i * stride, from[i]);
}

/* Lanes low ... high - 1 alone; the others are `other`. */
static inline vector load_between(const void *row, const wf_dtype dtype, int64_t i, int64_t low, int64_t high,
                                  real other)
{
    vector loaded = other - (vector){0};
#if defined(__AVX512F__)
    const __mmask16 inside = (__mmask16)(first(high) & ~first(low));
    if (dtype != WF_REAL_DTYPE)
        return (vector)_mm512_mask_mov_ps(
            (__m512)loaded, inside, (__m512)widen(_mm256_maskz_loadu_epi16(inside, (const uint16_t *)row + i), dtype));
    return WF_REAL_IS_FLOAT ? (vector)_mm512_mask_loadu_ps((__m512)loaded, inside, (const real *)row + i)
                            : (vector)_mm512_mask_loadu_pd((__m512d)loaded, (__mmask8)inside, (const real *)row + i);
#else
#if defined(__AVX2__) && WF_REAL_IS_FLOAT
    if (dtype == WF_REAL_DTYPE) {
        const integers lane = lane_numbers(), inside = (lane >= (integer)low) & (lane < (integer)high);
        return (vector)_mm256_blendv_ps((__m256)loaded, _mm256_maskload_ps((const real *)row + i, (__m256i)inside),
                                        (__m256)inside);
    }
#endif
    for (int64_t lane = low; lane < high; lane++)
        loaded[lane] = load_scalar(row, dtype, i + lane);
    return loaded;
#endif
}

/* The same lanes to a row of any type. */
static inline void store_between(void *row, const wf_dtype dtype, int64_t i, int64_t low, int64_t high, vector value)
{
#if defined(__AVX512F__)
    const __mmask16 inside = (__mmask16)(first(high) & ~first(low));
    if (dtype != WF_REAL_DTYPE)
        _mm256_mask_storeu_epi16((uint16_t *)row + i, inside, narrow(value, dtype));
    else if (WF_REAL_IS_FLOAT)
        _mm512_mask_storeu_ps((real *)row + i, inside, (__m512)value);
    else
        _mm512_mask_storeu_pd((real *)row + i, (__mmask8)inside, (__m512d)value);
#else
    for (int64_t lane = low; lane < high; lane++)
        store_scalar(row, dtype, i + lane, value[lane]);
#endif
}

/* Of a row of any type, from element i on. */
static inline vector load_lanes(const void *row, const wf_dtype dtype, int64_t i, const int64_t lanes)
{
    return lanes == LANES ? load_all(row, dtype, i) : load_some(row, dtype, i, lanes);
}

static inline vector load_reals(const real *row, const int64_t lanes)
{
    return load_lanes(row, WF_REAL_DTYPE, 0, lanes);
}

static inline void store_reals(real *row, vector value, const int64_t lanes)
{
    if (lanes == LANES) {
        *(vector *)row = value;
        return;
    }
#if defined(__AVX512F__)
    if (WF_REAL_IS_FLOAT)
        _mm512_mask_storeu_ps(row, first(lanes), (__m512)value);
    else
        _mm512_mask_storeu_pd(row, (__mmask8)first(lanes), (__m512d)value);
#else
    for (int64_t lane = 0; lane < lanes; lane++)
        row[lane] = value[lane];
#endif
}

/* From element i on to a row of any type, whose address there is a multiple of what is written: past the caches, where
 * the processor can. */
static inline void stream_all(void *row, const wf_dtype dtype, int64_t i, vector value)
{
#if defined(__AVX512F__)
    if (dtype == WF_REAL_DTYPE)
        _mm512_stream_si512((__m512i *)(void *)((real *)row + i), (__m512i)value);
    else
        _mm256_stream_si256((__m256i *)(void *)((uint16_t *)row + i), narrow(value, dtype));
#elif defined(__AVX2__)
    if (dtype == WF_REAL_DTYPE)
        _mm256_stream_si256((__m256i *)(void *)((real *)row + i), (__m256i)value);
    else
        _mm_stream_si128((__m128i *)(void *)((uint16_t *)row + i), narrow(value, dtype));
#else
    store_all(row, dtype, i, value);
#endif
}

/* a * b + sum, rounded once where there is an instruction for it, however it is compiled. */
static inline vector multiply_add(vector a, vector b, vector sum)
{
#if defined(__AVX512F__)
    return WF_REAL_IS_FLOAT ? (vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sum)
                            : (vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)sum);
#elif defined(__AVX2__)
    return WF_REAL_IS_FLOAT ? (vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)sum)
                            : (vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)sum);
#else
    return a * b + sum;
#endif
}

/* Elements up to the next whole vector of aligned memory, at most `count`. */
static inline int64_t lanes_at(const real *row, int64_t count)
{
    const int64_t lanes = LANES - (int64_t)((uintptr_t)row / sizeof(real) % LANES);
    return lanes < count ? lanes : count;
}

/* Lanes t ... t + LANES - 1 of two vectors next to each other, t < 8, where there are instructions for it: these are
 * faster than reads across the borders of the cache's lines. */
#if defined(__AVX2__) && WF_REAL_IS_FLOAT
enum { TURNS = 1 };

static ALWAYS_INLINE vector turned(vector here, vector next, const int t)
{
#if defined(__AVX512F__)
#define TURN(t)                                                                                                        \
    case t:                                                                                                            \
        return (vector)_mm512_alignr_epi32((__m512i)next, (__m512i)here, t);
#else
    const __m256i low = (__m256i)here, high = (__m256i)next, middle = _mm256_permute2x128_si256(low, high, 0x21);
#define TURN(t)                                                                                                        \
    case t:                                                                                                            \
        return (vector)(t < 4 ? _mm256_alignr_epi8(middle, low, 4 * t % 16)                                            \
                              : _mm256_alignr_epi8(high, middle, 4 * t % 16));
#endif
    switch (t) {
        TURN(1) TURN(2) TURN(3) TURN(4) TURN(5) TURN(6) TURN(7) default : return here;
    }
#undef TURN
}
#else
enum { TURNS = 0 };

static inline vector turned(vector here, vector next, const int t)
{
    (void)next, (void)t;
    return here;
}
#endif

/* ---- Exponentials ------------------------------------------------------------------------------------------------ */

#if WF_REAL_IS_FLOAT
/* exp(x) for |x| <= 87 to 2 ulp, 0 for smaller x: 2^n exp(r) with n = round(x / ln 2). The polynomial is exp's minimax
 * fit of degree 6 over |r| <= ln(2) / 2, whose relative error is 3e-9. */
static inline vector exp_of(vector x)
{
    const float lowest = -87, rounder = 0x1.8p23f + 127; /* adding it leaves n + 127 in the low bits */
    const vector shifted = x * 1.44269504f + rounder;
    const vector n = shifted - rounder;
    const vector r = x - n * 0x1.62ep-1f - n * 0x1.0bfbe8p-15f; /* ln 2 in two parts, the first exact in products */
    vector result = r * 0.00138145986f + 0.00836871692f;
    result = result * r + 0.0416683880f;
    result = result * r + 0.166665206f;
    result = result * r + 0.499999934f;
    result = result * r + 1;
    result = result * r + 1;
    const vector power = (vector)((integers)shifted << 23);
    return (vector)((integers)(result * power) & ~(x < lowest));
}
#else
static inline vector exp_of(vector x)
{
    for (int lane = 0; lane < LANES; lane++)
        x[lane] = exp(x[lane]);
    return x;
}
#endif

/* Where a is NaN, b. */
static inline vector larger(vector a, vector b)
{
#if defined(__AVX512F__)
    return WF_REAL_IS_FLOAT ? (vector)_mm512_max_ps((__m512)a, (__m512)b)
                            : (vector)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif defined(__AVX2__)
    return WF_REAL_IS_FLOAT ? (vector)_mm256_max_ps((__m256)a, (__m256)b)
                            : (vector)_mm256_max_pd((__m256d)a, (__m256d)b);
#else
    for (int lane = 0; lane < LANES; lane++)
        b[lane] = a[lane] > b[lane] ? a[lane] : b[lane];
    return b;
#endif
}

/* Whether a > b in any lane. */
static inline int any_larger(vector a, vector b)
{
#if defined(__AVX512F__)
    return WF_REAL_IS_FLOAT ? _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ) != 0
                            : _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GT_OQ) != 0;
#elif defined(__AVX2__)
    return _mm256_movemask_epi8((__m256i)(a > b)) != 0;
#else
    int any = 0;
    for (int lane = 0; lane < LANES; lane++)
        any |= a[lane] > b[lane];
    return any;
#endif
}

#endif
