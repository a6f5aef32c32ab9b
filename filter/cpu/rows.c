/* Mostly plain loops that compilers vectorise. WF_ROWS, given by the build, is the table's name: that of the
 * instruction set in use and of real. */
#include "rows.h"

#include <math.h>
#include <string.h>

#include "half.h"

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
enum { LANES = VECTOR_BYTES / sizeof(real) };
typedef real vector __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(real)), may_alias));

/* ---- Storage ------------------------------------------------------------------------------------------------------- */

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

/* Elements i ... i + LANES - 1 of a row. */
static inline vector load_vector(const void *row, const wf_dtype dtype, int64_t i)
{
    if (dtype == WF_REAL_DTYPE)
        return *(const vector *)((const real *)row + i);
#if defined(__AVX512F__)
    const __m256i stored = _mm256_loadu_si256((const __m256i *)(const void *)((const uint16_t *)row + i));
    if (dtype == WF_FLOAT16)
        return (vector)_mm512_cvtph_ps(stored);
    return (vector)_mm512_slli_epi32(_mm512_cvtepu16_epi32(stored), 16);
#elif defined(__AVX2__)
    const __m128i stored = _mm_loadu_si128((const __m128i *)(const void *)((const uint16_t *)row + i));
    if (dtype == WF_FLOAT16)
        return (vector)_mm256_cvtph_ps(stored);
    return (vector)_mm256_slli_epi32(_mm256_cvtepu16_epi32(stored), 16);
#else
    vector loaded;
    for (int lane = 0; lane < LANES; lane++)
        loaded[lane] = load_scalar(row, dtype, i + lane);
    return loaded;
#endif
}

/* Inlined for each type. */
static inline __attribute__((always_inline)) void load_some(real *restrict to, const void *restrict from,
                                                            const wf_dtype dtype, int64_t stride, int64_t count)
{
    int64_t i = 0;
    for (; stride == 1 && i + LANES <= count; i += LANES)
        *(vector *)(to + i) = load_vector(from, dtype, i);
    for (; i < count; i++)
        to[i] = load_scalar(from, dtype, i * stride);
}

static void load(real *to, const void *from, wf_dtype dtype, int64_t stride, int64_t count)
{
    switch (dtype) {
#if WF_REAL_IS_FLOAT
    case WF_FLOAT16:
        load_some(to, from, WF_FLOAT16, stride, count);
        break;
    case WF_BFLOAT16:
        load_some(to, from, WF_BFLOAT16, stride, count);
        break;
#endif
    default:
        load_some(to, from, WF_REAL_DTYPE, stride, count);
        break;
    }
}

static void store_half(uint16_t *restrict to, int64_t stride, const real *restrict from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i * stride] = wf_float_to_half((float)from[i]);
}

static void store_bfloat(uint16_t *restrict to, int64_t stride, const real *restrict from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i * stride] = float_to_bfloat((float)from[i]);
}

static void store_real(real *restrict to, int64_t stride, const real *restrict from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i * stride] = from[i];
}

static void store(void *to, wf_dtype dtype, int64_t stride, const real *from, int64_t count)
{
    switch (dtype) {
    case WF_FLOAT16:
        stride == 1 ? store_half(to, 1, from, count) : store_half(to, stride, from, count);
        break;
    case WF_BFLOAT16:
        stride == 1 ? store_bfloat(to, 1, from, count) : store_bfloat(to, stride, from, count);
        break;
    default:
        stride == 1 ? store_real(to, 1, from, count) : store_real(to, stride, from, count);
        break;
    }
}

static void stream(void *to, wf_dtype dtype, int64_t stride, const real *from, int64_t count)
{
#if defined(__AVX2__)
    if (dtype == WF_REAL_DTYPE && stride == 1) {
        real *at = to;
        const int64_t misaligned = (int64_t)((uintptr_t)to % VECTOR_BYTES / sizeof(real));
        int64_t i = misaligned ? LANES - misaligned : 0;
        i = i < count ? i : count;
        store_real(at, 1, from, i);
        for (; i + LANES <= count; i += LANES) {
#if defined(__AVX512F__)
            _mm512_stream_si512((__m512i *)(void *)(at + i), _mm512_loadu_si512((const void *)(from + i)));
#else
            _mm256_stream_si256((__m256i *)(void *)(at + i),
                                _mm256_loadu_si256((const __m256i *)(const void *)(from + i)));
#endif
        }
        store_real(at + i, 1, from + i, count - i);
        _mm_sfence();
        return;
    }
#endif
    store(to, dtype, stride, from, count);
}

/* ---- Sums --------------------------------------------------------------------------------------------------------- */

static void fill(real *row, real value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = value;
}

/* Inlined for each number of taps and each pair of types. The weights are what comes from memory: those of the next taps
 * are fetched while these are used, and all channels use them at once. */
static inline __attribute__((always_inline)) void add_some_taps(real *sum, int64_t stride, int64_t channels,
                                                                real *total, const wf_row_taps *row, const int taps,
                                                                const wf_dtype weight_dtype, const wf_dtype input_dtype,
                                                                int64_t count)
{
    const int64_t input_stride = row->input_stride;
    const int64_t element = weight_dtype == WF_REAL_DTYPE ? (int64_t)sizeof(real) : 2;
    const void *weight[WF_ROW_TAPS], *input[WF_ROW_TAPS];
    memcpy(weight, row->weight, sizeof weight);
    memcpy(input, row->input, sizeof input);
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector weights[WF_ROW_TAPS];
        for (int t = 0; t < taps; t++) {
            __builtin_prefetch((const char *)weight[t] + row->prefetch + i * element);
            weights[t] = load_vector(weight[t], weight_dtype, i);
        }
        for (int64_t c = 0; c < channels; c++) {
            vector *at = (vector *)(sum + c * stride + i), result = *at;
            for (int t = 0; t < taps; t++)
                result += weights[t] * load_vector(input[t], input_dtype, c * input_stride + i);
            *at = result;
        }
        for (int t = 0; total && t < taps; t++)
            *(vector *)(total + i) += weights[t];
    }
    for (; i < count; i++) {
        for (int t = 0; t < taps; t++) {
            real w = load_scalar(weight[t], weight_dtype, i);
            for (int64_t c = 0; c < channels; c++)
                sum[c * stride + i] += w * load_scalar(input[t], input_dtype, c * input_stride + i);
            if (total)
                total[i] += w;
        }
    }
}

/* Likewise. */
static inline __attribute__((always_inline)) void correlate_some(real *sum, int64_t sum_stride, const wf_row_taps *row,
                                                                 const int taps, const wf_dtype input_dtype,
                                                                 const real *other, int64_t other_stride,
                                                                 int64_t channels, int64_t count)
{
    const int64_t input_stride = row->input_stride;
    const void *input[WF_ROW_TAPS];
    memcpy(input, row->input, sizeof input);
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector sums[WF_ROW_TAPS];
        for (int t = 0; t < taps; t++)
            sums[t] = *(const vector *)(sum + t * sum_stride + i);
        for (int64_t c = 0; c < channels; c++) {
            const vector here = *(const vector *)(other + c * other_stride + i);
            for (int t = 0; t < taps; t++)
                sums[t] += here * load_vector(input[t], input_dtype, c * input_stride + i);
        }
        for (int t = 0; t < taps; t++)
            *(vector *)(sum + t * sum_stride + i) = sums[t];
    }
    for (; i < count; i++) {
        for (int t = 0; t < taps; t++) {
            for (int64_t c = 0; c < channels; c++)
                sum[t * sum_stride + i] +=
                    other[c * other_stride + i] * load_scalar(input[t], input_dtype, c * input_stride + i);
        }
    }
}

/* Calls what is inlined for the number of taps. */
#define FOR_TAPS(count, CALL)                                                                                          \
    switch (count) {                                                                                                   \
    case 5:                                                                                                            \
        CALL(5);                                                                                                       \
        break;                                                                                                         \
    case 4:                                                                                                            \
        CALL(4);                                                                                                       \
        break;                                                                                                         \
    case 3:                                                                                                            \
        CALL(3);                                                                                                       \
        break;                                                                                                         \
    case 2:                                                                                                            \
        CALL(2);                                                                                                       \
        break;                                                                                                         \
    default:                                                                                                           \
        CALL(1);                                                                                                       \
        break;                                                                                                         \
    }

#define ADD(taps, weight, input) add_some_taps(sum, stride, channels, total, row, taps, WF_##weight, WF_##input, count)
#define CORRELATE(taps, input)                                                                                         \
    correlate_some(sum, sum_stride, row, taps, WF_##input, other, other_stride, channels, count)

#if WF_REAL_IS_FLOAT
#define ADD_TYPES(taps)                                                                                                \
    if (row->weight_dtype == WF_FLOAT16)                                                                               \
        row->input_dtype == WF_FLOAT16 ? ADD(taps, FLOAT16, FLOAT16) : ADD(taps, FLOAT16, FLOAT32);                    \
    else if (row->weight_dtype == WF_BFLOAT16)                                                                         \
        row->input_dtype == WF_BFLOAT16 ? ADD(taps, BFLOAT16, BFLOAT16) : ADD(taps, BFLOAT16, FLOAT32);                \
    else if (row->input_dtype == WF_FLOAT16)                                                                           \
        ADD(taps, FLOAT32, FLOAT16);                                                                                   \
    else if (row->input_dtype == WF_BFLOAT16)                                                                          \
        ADD(taps, FLOAT32, BFLOAT16);                                                                                  \
    else                                                                                                               \
        ADD(taps, FLOAT32, FLOAT32)
#define CORRELATE_TYPES(taps)                                                                                          \
    if (row->input_dtype == WF_FLOAT16)                                                                                \
        CORRELATE(taps, FLOAT16);                                                                                      \
    else if (row->input_dtype == WF_BFLOAT16)                                                                          \
        CORRELATE(taps, BFLOAT16);                                                                                     \
    else                                                                                                               \
        CORRELATE(taps, FLOAT32)
#else
#define ADD_TYPES(taps)       ADD(taps, FLOAT64, FLOAT64)
#define CORRELATE_TYPES(taps) CORRELATE(taps, FLOAT64)
#endif

static void add_taps(real *sum, int64_t stride, int64_t channels, real *total, const wf_row_taps *row, int64_t count)
{
    FOR_TAPS(row->taps, ADD_TYPES)
}

static void correlate(real *sum, int64_t sum_stride, const wf_row_taps *row, const real *other, int64_t other_stride,
                      int64_t channels, int64_t count)
{
    FOR_TAPS(row->taps, CORRELATE_TYPES)
}

static void multiply(real *restrict row, const real *restrict factor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] *= factor[i];
}

static void divide(real *restrict row, const real *restrict divisor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] /= divisor[i];
}

static void offset(real *row, real value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] += value;
}

static void add_product(real *restrict sum, const real *restrict a, const real *restrict b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        sum[i] += a[i] * b[i];
}

static void scale_rest(real *restrict row, const real *restrict less, const real *restrict by, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = (row[i] - less[i]) * by[i];
}

static double sum(const real *row, int64_t count)
{
    enum { PARTS = 16 }; /* of which the compiler makes vectors */
    double parts[PARTS] = {0}, total = 0;
    int64_t i = 0;
    for (; i + PARTS <= count; i += PARTS) {
        for (int k = 0; k < PARTS; k++)
            parts[k] += (double)row[i + k];
    }
    for (; i < count; i++)
        total += (double)row[i];
    for (int k = 0; k < PARTS; k++)
        total += parts[k];
    return total;
}

static void clamp_divisor(real *sum, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        real magnitude = sum[i] < 0 ? -sum[i] : sum[i];
        real divisor = magnitude < (real)WF_MIN_SUM ? (real)WF_MIN_SUM : magnitude;
        sum[i] = (real)copysign(divisor, sum[i]);
    }
}

/* ---- Exponentials ------------------------------------------------------------------------------------------------- */

static void raise(real *restrict largest, const real *restrict row, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        largest[i] = row[i] > largest[i] ? row[i] : largest[i];
}

#if WF_REAL_IS_FLOAT
/* exp(x) for x <= 0 to 2 ulp, 0 where it is subnormal: 2^n exp(r) with n = round(x / ln 2), exp(r) by its series. */
static inline float exp_of(float x)
{
    const float lowest = -87.0f, rounder = 0x1.8p23f; /* adding it leaves n in the low bits */
    float bounded = x < lowest ? lowest : x;
    float shifted = bounded * 1.44269504f + rounder;
    float n = shifted - rounder;
    float r = bounded - n * 0x1.62ep-1f - n * 0x1.0bfbe8p-15f; /* ln 2 in two parts, the first exact in products */
    float series = 1.0f / 5040;
    series = series * r + 1.0f / 720;
    series = series * r + 1.0f / 120;
    series = series * r + 1.0f / 24;
    series = series * r + 1.0f / 6;
    series = series * r + 0.5f;
    series = series * r + 1.0f;
    series = series * r + 1.0f;
    float power = wf_float_of((wf_float_bits(shifted) + 127) << 23);
    return x < lowest ? 0 : series * power;
}
#else
static inline double exp_of(double x)
{
    return exp(x);
}
#endif

static void exp_difference(real *restrict to, const real *restrict a, const real *restrict b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = exp_of(a[i] - b[i]);
}

/* ---- The predictor ------------------------------------------------------------------------------------------------ */

static void subtract_squares(real *sum, int rows, const real *const *a, const real *const *b, const real *scale,
                             int64_t count)
{
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector result = *(const vector *)(sum + i);
        for (int r = 0; r < rows; r++) {
            vector difference = (load_vector(a[r], WF_REAL_DTYPE, i) - load_vector(b[r], WF_REAL_DTYPE, i)) * scale[r];
            result -= difference * difference;
        }
        *(vector *)(sum + i) = result;
    }
    for (; i < count; i++) {
        for (int r = 0; r < rows; r++) {
            real difference = (a[r][i] - b[r][i]) * scale[r];
            sum[i] -= difference * difference;
        }
    }
}

static void subtract_relative_square(real *restrict sum, const real *restrict a, const real *restrict b, real scale,
                                     int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        real magnitude_a = a[i] < 0 ? -a[i] : a[i], magnitude_b = b[i] < 0 ? -b[i] : b[i];
        real smaller = magnitude_a < magnitude_b ? magnitude_a : magnitude_b;
        real difference = (a[i] - b[i]) / ((real)1e-3 + smaller) * scale;
        sum[i] -= difference * difference;
    }
}

static void exponential(real *row, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = exp_of(row[i]);
}

static void log_plus(real *restrict row, const real *restrict added, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = (real)log((double)row[i]) + added[i];
}

static void add_compressed(real *restrict sum, const real *restrict row, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        real c = row[i] > 0 ? row[i] : 0;
        sum[i] += c / (1 + c);
    }
}

extern const wf_rows WF_ROWS;
const wf_rows WF_ROWS = {.load = load,
                         .store = store,
                         .stream = stream,
                         .fill = fill,
                         .add_taps = add_taps,
                         .correlate = correlate,
                         .multiply = multiply,
                         .divide = divide,
                         .offset = offset,
                         .add_product = add_product,
                         .scale_rest = scale_rest,
                         .sum = sum,
                         .clamp_divisor = clamp_divisor,
                         .raise = raise,
                         .exp_difference = exp_difference,
                         .log_plus = log_plus,
                         .subtract_squares = subtract_squares,
                         .subtract_relative_square = subtract_relative_square,
                         .exponential = exponential,
                         .add_compressed = add_compressed};
