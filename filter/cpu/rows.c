/* Mostly plain loops that compilers vectorise. WF_ROWS, given by the build, is the table's name for the instruction set in use. */
#include "rows.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "wf.h"

#if defined(__F16C__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX2__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float vector __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

static inline uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- float16 ------------------------------------------------------------------------------------------------------ */

static inline float half_to_float(uint16_t half)
{
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
    float normal = float_of(magnitude + (112u << 23));
    float subnormal = float_of(magnitude + (113u << 23)) - 0x1p-14f;
    float special = float_of(magnitude + (224u << 23)); /* infinity and NaN */
    float value = magnitude < 1u << 23 ? subnormal : magnitude < 31u << 23 ? normal : special;
    return float_of(bits_of(value) | (uint32_t)(half & 0x8000) << 16);
}

static inline uint16_t float_to_half(float value)
{
    uint32_t magnitude = bits_of(value) & 0x7fffffff;
    uint32_t normal = (magnitude + 0xfff + (magnitude >> 13 & 1) - (112u << 23)) >> 13;
    uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f); /* the addition rounds */
    uint32_t half = magnitude < 113u << 23 ? subnormal : normal;
    half = magnitude >= bits_of(65520.0f) ? 0x7c00 : half;
    half = magnitude > 0x7f800000 ? 0x7e00 : half;
    return (uint16_t)(half | (bits_of(value) >> 16 & 0x8000));
}

static void from_half(float *restrict to, const uint16_t *restrict from, int64_t count)
{
    int64_t i = 0;
#if defined(__F16C__)
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(to + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(from + i))));
#endif
    for (; i < count; i++)
        to[i] = half_to_float(from[i]);
}

static void to_half(uint16_t *restrict to, const float *restrict from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = float_to_half(from[i]);
}

/* ---- Sums --------------------------------------------------------------------------------------------------------- */

static void fill(float *row, float value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = value;
}

/* Elements i ... i + LANES - 1 of a row. */
static inline vector load_vector(const void *row, int half, int64_t i)
{
    if (!half)
        return *(const vector *)((const float *)row + i);
    const uint16_t *from = (const uint16_t *)row + i;
#if defined(__AVX512F__)
    return (vector)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)from));
#elif defined(__AVX2__)
    return (vector)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)from));
#else
    return (vector){half_to_float(from[0]), half_to_float(from[1]), half_to_float(from[2]), half_to_float(from[3])};
#endif
}

static inline float load_scalar(const void *row, int half, int64_t i)
{
    return half ? half_to_float(((const uint16_t *)row)[i]) : ((const float *)row)[i];
}

/* Inlined for each number of taps and each type. The weights are what comes from memory: those of the next taps are fetched
 * while these are used, and all channels use them at once. */
static inline __attribute__((always_inline)) void add_some_taps(float *sum, int64_t stride, int64_t channels,
                                                                float *total, const wf_row_taps *row, const int taps,
                                                                const int half_weight, const int half_input,
                                                                int64_t count)
{
    const int64_t input_stride = row->input_stride, element = half_weight ? 2 : 4;
    const void *weight[WF_ROW_TAPS], *input[WF_ROW_TAPS];
    memcpy(weight, row->weight, sizeof weight);
    memcpy(input, row->input, sizeof input);
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector weights[WF_ROW_TAPS];
        for (int t = 0; t < taps; t++) {
            __builtin_prefetch((const char *)weight[t] + row->prefetch + i * element);
            weights[t] = load_vector(weight[t], half_weight, i);
        }
        for (int64_t c = 0; c < channels; c++) {
            vector *at = (vector *)(sum + c * stride + i), result = *at;
            for (int t = 0; t < taps; t++)
                result += weights[t] * load_vector(input[t], half_input, c * input_stride + i);
            *at = result;
        }
        for (int t = 0; total && t < taps; t++)
            *(vector *)(total + i) += weights[t];
    }
    for (; i < count; i++) {
        for (int t = 0; t < taps; t++) {
            float w = load_scalar(weight[t], half_weight, i);
            for (int64_t c = 0; c < channels; c++)
                sum[c * stride + i] += w * load_scalar(input[t], half_input, c * input_stride + i);
            if (total)
                total[i] += w;
        }
    }
}

#define ADD_TAPS(taps)                                                                                                 \
    if (row->half_weight && row->half_input)                                                                           \
        add_some_taps(sum, stride, channels, total, row, taps, 1, 1, count);                                           \
    else if (row->half_weight)                                                                                         \
        add_some_taps(sum, stride, channels, total, row, taps, 1, 0, count);                                           \
    else if (row->half_input)                                                                                          \
        add_some_taps(sum, stride, channels, total, row, taps, 0, 1, count);                                           \
    else                                                                                                               \
        add_some_taps(sum, stride, channels, total, row, taps, 0, 0, count)

static void add_taps(float *sum, int64_t stride, int64_t channels, float *total, const wf_row_taps *row, int64_t count)
{
    switch (row->taps) {
    case 5:
        ADD_TAPS(5);
        break;
    case 4:
        ADD_TAPS(4);
        break;
    case 3:
        ADD_TAPS(3);
        break;
    case 2:
        ADD_TAPS(2);
        break;
    default:
        ADD_TAPS(1);
        break;
    }
}

static void multiply(float *restrict row, const float *restrict factor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] *= factor[i];
}

static void divide(float *restrict row, const float *restrict divisor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] /= divisor[i];
}

static void offset(float *row, float value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] += value;
}

static void clamp_divisor(float *sum, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        float magnitude = fabsf(sum[i]);
        sum[i] = copysignf(magnitude < (float)WF_MIN_SUM ? (float)WF_MIN_SUM : magnitude, sum[i]);
    }
}

/* ---- Exponentials ------------------------------------------------------------------------------------------------- */

static void raise(float *restrict largest, const float *restrict row, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        largest[i] = row[i] > largest[i] ? row[i] : largest[i];
}

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
    float power = float_of((bits_of(shifted) + 127) << 23);
    return x < lowest ? 0 : series * power;
}

static void exp_difference(float *restrict to, const float *restrict a, const float *restrict b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = exp_of(a[i] - b[i]);
}

/* ---- The predictor ------------------------------------------------------------------------------------------------ */

static void subtract_squares(float *sum, int rows, const float *const *a, const float *const *b, const float *scale,
                             int64_t count)
{
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector result = *(const vector *)(sum + i);
        for (int r = 0; r < rows; r++) {
            vector difference = (load_vector(a[r], 0, i) - load_vector(b[r], 0, i)) * scale[r];
            result -= difference * difference;
        }
        *(vector *)(sum + i) = result;
    }
    for (; i < count; i++) {
        for (int r = 0; r < rows; r++) {
            float difference = (a[r][i] - b[r][i]) * scale[r];
            sum[i] -= difference * difference;
        }
    }
}

static void subtract_relative_square(float *restrict sum, const float *restrict a, const float *restrict b, float scale,
                                     int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        float magnitude_a = fabsf(a[i]), magnitude_b = fabsf(b[i]);
        float smaller = magnitude_a < magnitude_b ? magnitude_a : magnitude_b;
        float difference = (a[i] - b[i]) / (1e-3f + smaller) * scale;
        sum[i] -= difference * difference;
    }
}

static void exponential(float *row, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = exp_of(row[i]);
}

static void add_compressed(float *restrict sum, const float *restrict row, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        float c = row[i] > 0 ? row[i] : 0;
        sum[i] += c / (1 + c);
    }
}

const wf_rows WF_ROWS = {.from_half = from_half,
                         .to_half = to_half,
                         .fill = fill,
                         .add_taps = add_taps,
                         .multiply = multiply,
                         .divide = divide,
                         .offset = offset,
                         .clamp_divisor = clamp_divisor,
                         .raise = raise,
                         .exp_difference = exp_difference,
                         .subtract_squares = subtract_squares,
                         .subtract_relative_square = subtract_relative_square,
                         .exponential = exponential,
                         .add_compressed = add_compressed};
